"""All routes of the desk."""

from sellout.http.desk import actions, items, ledger, overview, purchases, signing

routers = (signing.router, overview.router, items.router, actions.router, purchases.router, ledger.router)
