"""What all tests share."""

import os

from hypothesis import HealthCheck, settings

for name in [name for name in os.environ if name.startswith("SELLOUT_")]:
    del os.environ[name]  # a developer's own settings are no part of a test

settings.register_profile("sellout", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sellout")
