"""Two transports behind one small interface; one conformance suite for both."""
