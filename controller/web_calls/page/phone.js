// One call from this browser: microphone, credential, SIP (JsSIP) and audio. Knows nothing of the page's elements.
//
//   asking ──microphone──► calling ──answered──► talking ──► over(trouble or null)
//      └──────────────────────┴─────── any failure, hang up ──────►
/* global JsSIP */

const RESTARTS = 1012; // the socket's close code of a server that stops in good order
const ICE_WAIT_MS = 100; // our candidates are there at once; without a limit Chromium looks for more for seconds

const MICROPHONE = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "no_microphone", NotReadableError: "microphone_busy" };
const REFUSED = ["web_calls_off", "web_calls_full", "rate_limited"];

export class Phone {
  // on: {phase(name), heard(stream), said(stream), over(trouble)}; over is called once, trouble is null after an ordinary end.
  constructor(on) {
    this.on = on;
    this.isOver = false;
  }

  async call() {
    try {
      this.on.phase("asking");
      this.microphone = await askForMicrophone();
      if (this.isOver) return this.releaseMicrophone();
      this.on.phase("calling");
      const credential = await askForCredential();
      if (!this.isOver) this.dial(credential);
    } catch (error) {
      this.end(error instanceof Trouble ? error.code : "failed");
    }
  }

  hangUp() {
    this.end(null);
  }

  mute(isMuted) {
    for (const track of this.microphone?.getAudioTracks() ?? []) track.enabled = !isMuted;
  }

  press(key) {
    if (this.session?.isEstablished()) this.session.sendDTMF(key, { transportType: "RFC2833" });
  }

  dial(credential) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(`${scheme}//${location.host}${credential.signalling}`)],
      uri: `sip:${credential.user}@${location.hostname}`,
      authorization_user: credential.user,
      password: credential.password,
      register: false,
      session_timers: false,
    });
    this.agent.on("connected", () => this.invite(credential.target));
    this.agent.on("disconnected", ({ code }) => {
      if (this.answered && code === RESTARTS) this.isAlone = true; // the operator stays: his audio does not go through the socket
      else if (!this.isAlone) this.end(this.answered ? "lost" : "unreachable");
    });
    this.agent.start();
  }

  invite(target) {
    if (this.session || this.isOver) return;
    const session = this.agent.call(`sip:${target}@${location.hostname}`, {
      mediaStream: this.microphone,
      pcConfig: { iceServers: [], rtcpMuxPolicy: "require" },
      eventHandlers: {
        icecandidate: ({ ready }) => setTimeout(ready, ICE_WAIT_MS),
        confirmed: () => {
          this.answered = true;
          this.on.phase("talking");
        },
        failed: ({ cause }) => this.end(cause === JsSIP.C.causes.BUSY ? "web_calls_full" : "failed"),
        ended: () => this.end(null),
      },
    });
    this.session = session;
    session.connection.addEventListener("track", ({ streams, track }) => this.on.heard(streams[0] ?? new MediaStream([track])));
    session.connection.addEventListener("connectionstatechange", () => {
      const state = session.connection.connectionState;
      if (this.isAlone && ["disconnected", "failed", "closed"].includes(state)) this.end(null); // nobody could tell us that it is over
      else if (state === "failed") this.end("lost");
    });
    this.on.said(this.microphone);
  }

  end(trouble) {
    if (this.isOver) return;
    this.isOver = true;
    if (this.session && !this.session.isEnded()) this.session.terminate(); // BYE, or CANCEL while it is not answered
    this.releaseMicrophone();
    this.agent?.removeAllListeners("disconnected");
    setTimeout(() => this.agent?.stop(), 500); // the BYE goes first
    this.on.over(trouble);
  }

  releaseMicrophone() {
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
  }
}

class Trouble extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

async function askForMicrophone() {
  if (!navigator.mediaDevices) throw new Trouble("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  } catch (error) {
    throw new Trouble(MICROPHONE[error.name] ?? "no_microphone");
  }
}

async function askForCredential() {
  let answer;
  try {
    answer = await fetch("/api/v1/web-calls", { method: "POST" });
  } catch {
    throw new Trouble("unreachable");
  }
  if (answer.ok) return answer.json();
  const { code } = await answer.json().catch(() => ({}));
  throw new Trouble(REFUSED.includes(code) ? code : "unreachable");
}
