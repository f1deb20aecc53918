"""Several requests to one device, verified."""
