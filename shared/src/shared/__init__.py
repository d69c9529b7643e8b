"""The common package: values, errors and event contracts; with the extra [kit], the platform."""
