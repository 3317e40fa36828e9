"""Tests of the staging stack as it runs, which they stop and cut off: ``ops/test_staging.sh --failures`` brings it up and runs them."""
