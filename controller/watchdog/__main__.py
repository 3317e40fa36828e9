import sys

from controller.watchdog.parent import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
