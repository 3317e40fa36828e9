// The live stream: one long GET, read as it comes, taken up again where it broke.
//
//   connecting ─► live ─ an error, or 10 s without a byte ─► lost ─ 1 2 4 8 15 s, or at once when the net or the tab is back ─► connecting
//
// fetch and not EventSource: it names the last event when another call is followed, sees 401, and notices silence.

import { parser } from './sse.js';

export const SILENCE_MS = 10_000;
export const BACK_OFF_S = [1, 2, 4, 8, 15];

export class Stream {
  /**
   * open(lastId, follow, signal)   gives a Response
   * onEvent(type, data)            one event, data decoded
   * onBytes()                      something came, if only a heartbeat
   * onState(conn)                  {status, attempt, nextAt}: connecting, live, lost or refused
   * onRefused(status)              an answer that trying again does not change (401, 403)
   */
  constructor({ open, onEvent, onBytes, onState, onRefused }) {
    Object.assign(this, { open, onEvent, onBytes, onState, onRefused });
    this.lastId = '';
    this.followed = '';
    this.attempt = 0;
    this.running = null;
  }

  start() {
    addEventListener('online', () => this.retryNow());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.retryNow(); });
    this.#connect();
  }

  /** Also that call's turns and log. The stream goes on from the last event. */
  follow(id) {
    if (this.followed === id) return;
    this.followed = id;
    if (this.running && this.attempt === 0) this.#connect();
  }

  retryNow() {
    if (this.attempt > 0 && !this.connecting) this.#connect();
  }

  async #connect() {
    this.running?.abort();
    clearTimeout(this.timer);
    const mine = this.running = new AbortController();
    const current = () => this.running === mine;
    const alive = () => { clearTimeout(this.watchdog); this.watchdog = setTimeout(() => mine.abort(new Error('silence')), SILENCE_MS); };
    let first = true;
    alive();
    this.connecting = true;
    if (this.attempt > 0) this.onState({ status: 'lost', attempt: this.attempt, nextAt: null });
    try {
      const response = await this.open(this.lastId, this.followed, mine.signal);
      if (response.status === 401 || response.status === 403) {
        clearTimeout(this.watchdog);
        this.onState({ status: 'refused', attempt: 0, nextAt: null });
        this.onRefused(response.status);
        return;
      }
      if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
      const events = parser(), utf8 = new TextDecoder(), reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (!current()) return;
        if (done) break;
        alive();
        this.onBytes();
        if (first) {
          first = false;
          this.connecting = false;
          this.attempt = 0;
          this.onState({ status: 'live', attempt: 0, nextAt: null });
        }
        for (const event of events.feed(utf8.decode(value, { stream: true }))) this.#take(event);
      }
    } catch (error) {
      if (!current()) return;
      console.debug('stream', error);
    }
    this.connecting = false;
    clearTimeout(this.watchdog);
    this.#lost();
  }

  #take({ id, type, data }) {
    let decoded;
    try { decoded = JSON.parse(data); } catch { return; }
    if (id) this.lastId = id;
    this.onEvent(type, decoded);
  }

  #lost() {
    const wait = BACK_OFF_S[Math.min(this.attempt, BACK_OFF_S.length - 1)] * 1000;
    this.attempt += 1;
    this.timer = setTimeout(() => this.#connect(), wait);
    this.onState({ status: 'lost', attempt: this.attempt, nextAt: Date.now() + wait });
  }
}
