"""Sales on a PostgreSQL cluster while its parts fail. `make cluster-test` runs them; `make test` does not."""
