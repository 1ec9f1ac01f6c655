"""Long loads on a real server: overload, slow senders, idle connections. `make load-test` runs them."""
