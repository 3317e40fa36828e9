"""``python -m ops.seed_staging``: fills a staging stack with made-up life; again and again, without doubling anything (``ops.seed``).

docker compose -f docker-compose.staging.yml run --rm caller python -m ops.seed_staging [--no-calls] [--again] [--anyway]
"""

import sys

from ops.seed.run import main

if __name__ == "__main__":
    sys.exit(main())
