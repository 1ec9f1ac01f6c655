"""Twenty thousand requests made up from the OpenAPI document. `make fuzz` runs them."""
