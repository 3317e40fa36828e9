// What a person does to a call: the panel's life, and the wish that leaves it.
//
//   closed ─ key or button ─► open ─ go ─► sending ─ 202 ─────────► closed; the effect comes with the stream
//                              ▲              ├─ 409, 422, 429, .. ─► open, with the reason in place
//                              └── Esc        └─ 410 ──────────────► the outcome in place of the panel
//
// Nothing is done twice: a try whose answer got lost is repeated under the same key. Nothing is done by accident: every action that
// changes the call has this second step, and for 350 ms after a panel opened nothing in it can be pressed.

import { t } from './i18n.js';
import { escaped, newKey, send } from './api.js';
import { callerName, refusalWords, stateWords } from './naming.js';
import { receive } from './board.js';

export const ARMED_MS = 350;
export const SAY_MAX = 300;
const TELEPHONE = new Set(['take', 'listen']);

const WISHES = {
  transfer: open => ({ path: 'transfer', body: { queue: open.queue, note: open.note.trim() } }),
  say: open => (open.text.trim() ? { path: 'say', body: { text: open.text.trim(), cut: open.cut } } : null),
  take: () => ({ path: 'take' }),
  give: () => ({ path: 'release' }),
  hang: (open, mode) => ({ path: 'hang', body: { mode: mode || 'goodbye' } }),
};
const DONE = { transfer: 't.done', say: 'say.done', take: 'take.done', give: 'give.done', hang: 'x.done' };

export class Actions {
  constructor(app) {
    this.app = app;
    this.asking = false;
  }

  /** Why *action* cannot be done now; empty if it can. */
  offReason(action, call) {
    const { app } = this;
    if (!app.acts()) return t('act.off.role');
    if (app.ui.conn.status === 'lost' && !app.ui.ping) return t('act.off.lost');
    if (call.state === 'ended') return stateWords(call, app.ui.me.person);
    if (TELEPHONE.has(action) && !app.ui.me.telephone) return t('act.off.phone');
    const allowed = action === 'give' || (action === 'listen' && app.listens(call)) || (call.can ?? []).includes(action);
    return allowed ? '' : t('act.off.state', { state: stateWords(call, app.ui.me.person) });
  }

  toggle(kind) {
    const { app } = this;
    const call = app.board.open?.call;
    if (!call || app.ui.route.view !== 'live') return;
    if (app.ui.panel?.kind === kind) { this.close(true); return; }
    const off = this.offReason(kind, call);
    if (off) { app.toast(off); return; }
    app.ui.panel = {
      kind, call: call.id, armed: performance.now() + ARMED_MS, sending: null, problem: null, print: '', key: '',
      queue: queues(app.board)[0].name, note: call.summary ?? call.topic ?? '', text: '', cut: false,
    };
    app.render(() => {
      const panel = document.getElementById('panel');
      if (!panel) return; // closed again before it was drawn
      (panel.querySelector('input[type=radio]:checked, textarea') ?? panel.querySelector('[data-do]'))?.focus({ preventScroll: true });
      panel.scrollIntoView({ block: 'nearest' });
    });
  }

  edit(change) {
    if (!this.app.ui.panel) return;
    Object.assign(this.app.ui.panel, change);
    this.app.render();
  }

  close(returnFocus = false) {
    const { app } = this;
    const open = app.ui.panel;
    if (!open) return;
    app.ui.panel = null;
    if (document.activeElement?.closest('.panel')) document.activeElement.blur(); // at once: the next key may come before the next frame
    app.render(() => {
      if (returnFocus) (document.querySelector(`.acts [data-act="${open.kind}"]`) ?? document.getElementById('h-call'))?.focus();
    });
  }

  async submit(mode = '') {
    const { app } = this;
    const open = app.ui.panel;
    if (!open || open.sending !== null || performance.now() < open.armed) return;
    const call = app.board.open.call;
    if (call.state === 'ended') { this.close(true); return; }
    const wish = WISHES[open.kind](open, mode);
    if (!wish) return;
    const print = JSON.stringify(wish);
    if (open.print !== print) Object.assign(open, { print, key: newKey() });
    Object.assign(open, { sending: mode, problem: null });
    app.render();
    const answer = await send('POST', `calls/${escaped(call.id)}/${wish.path}`, wish.body, { key: open.key, ifState: call.state_seq });
    const shown = app.ui.panel === open;
    if (answer.ok) {
      if (shown) this.close(true);
      app.toast(t(DONE[open.kind]));
      return;
    }
    if (answer.status) open.print = ''; // it was answered: the next try is a new wish
    Object.assign(open, { sending: null, armed: performance.now() + ARMED_MS });
    if (answer.status === 410) receive(app.board, 'call.end', { id: call.id, outcome: answer.args.outcome ?? '', ended: app.now() });
    else open.problem = answer;
    if (!shown) app.toast(`${callerName(call.caller)}: ${refusalWords(answer)}`);
    app.refused(answer);
    app.render();
  }

  /** One step: nobody but the listener notices. */
  async listen(call) {
    const off = this.offReason('listen', call);
    if (off) { this.app.toast(off); return; }
    if (this.app.listens(call)) await this.stopListening(call);
    else await this.#ask('POST', call, 'listen.rings');
  }

  stopListening(call) {
    return this.#ask('DELETE', call, 'listen.off');
  }

  async #ask(method, call, done) {
    if (this.asking) return;
    this.asking = true;
    const answer = await send(method, `calls/${escaped(call.id)}/listen`);
    this.asking = false;
    this.app.toast(answer.ok ? t(done) : refusalWords(answer));
    this.app.refused(answer);
  }
}

const TALK_S = 180; // how long an operator talks, where nothing is known yet

/** Where a call can go, best first: {name, free: names, online, waitMs}. */
export function queues(board) {
  const found = new Map();
  const of = name => found.get(name) ?? found.set(name, { name, free: [], online: 0, talkS: 0, waiting: 0 }).get(name);
  for (const operator of board.operators.values()) {
    const queue = of(operator.queue);
    if (operator.state === 'off') continue;
    queue.online += 1;
    queue.talkS += operator.avg_s || TALK_S;
    if (operator.state === 'free') queue.free.push(operator.name);
  }
  for (const waiting of board.queue.values()) of(waiting.queue).waiting += 1;
  if (!found.size) of('operators');
  const all = [...found.values()].map(({ talkS, waiting, ...queue }) => ({ ...queue, waitMs: queue.online ? (1000 * (waiting + 0.5) * talkS) / queue.online ** 2 : Infinity }));
  return all.sort((a, b) => b.free.length - a.free.length || a.waitMs - b.waitMs || (a.name < b.name ? -1 : 1));
}
