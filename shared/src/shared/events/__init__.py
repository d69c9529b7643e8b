"""The published language: one module per publishing service. Changes by addition only."""
