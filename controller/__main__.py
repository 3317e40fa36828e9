"""``python -m controller`` is ``callctl``."""

from controller.cli import main

main()
