"""``callctl run``: a small process that never dies, and under it the controllers, of which one serves and one waits warm.

    parent ──starts──► worker      the controller: it has ``worker.lock`` and the calls
      │    ──starts──► standby     the same program, ready, waits in ``flock`` on that lock: the kernel gives it when the worker dies
      │    ◄──beats──  both        ten a second, each tells how far its sender is
      └─ listens on the API's and AudioSocket's addresses, and passes the sockets on: who connects in the gap waits, and is not refused

    policy.py    what is done about whom, pure        restarts.py   how soon another is started, pure
    parent.py    processes, sockets, signals          beat.py       both ends of the pipe
    starved.py   hung, or only without a CPU?         lock.py       who has the lock: also a worker whose parent died
    children.py  their processes                     worker.py     the controller's side of it all

What the parent runs on is the standard library alone: what it does not import cannot break it.
"""
