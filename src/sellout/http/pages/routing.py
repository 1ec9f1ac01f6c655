"""All routes of the shop's pages."""

from sellout.http.pages import holds, items, purchases, taking, waitlist

routers = (items.router, taking.router, purchases.router, holds.router, waitlist.router)
