"""An AudioSocket server: Asterisk's media legs as lines that can be heard, played to and hushed.

    frames     the wire                         audio, resample, reframe    what flows on it
    playout    what is due now                  metronome                   when it is due
    wire       one TCP connection               line, playback              one media leg, what is said on it
    server     who may connect, and when        arrival, pending            a leg before it is a line
    limits     what is not allowed              refusals, errors            how that is told

    where a keeper holds the connections, and legs outlive the process (docs/adr/0020-keeper.md):
    handover   what the two tell each other     handed                      our end of that
    kept       lines that another process had   rejoin                      in step from the middle of a stream

``frames``, ``playout``, ``reframe`` and ``rejoin`` are pure: no I/O, no clock. Usable on its own::

    async with AudioSocketServer("127.0.0.1", 9092) as server:
        pending = server.expect(leg_id)                # before Asterisk is asked to dial in
        line = await pending.line(timeout_s=5)
        line.listen(recognise)                         # each 20 ms from the caller
        speech = line.play()
        speech.feed(pcm)
        speech.finish()
        heard_ms = await speech.done()                 # exact, also after line.hush()
"""
