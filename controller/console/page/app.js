// The console as one object: the board, what the reader chose, and one rendering per animation frame.
//
//   stream ─► board ─┐
//   address ─► route ─┼─► render (at most once a frame) ─► lit-html touches what changed: focus, scroll and half-typed notes stay
//   hands ────► ui ──┘

import { Actions } from './actions.js';
import { sayAlarm, sayNow, sayPolitely } from './announce.js';
import { escaped, get, openStream, send, useCsrf } from './api.js';
import { Archive, lines } from './archive.js';
import { emptyBoard, expectOpen, fillLog, fillOpen, openCall, receive } from './board.js';
import { clock } from './format.js';
import { Follower } from './follow.js';
import { language, setLanguage, t } from './i18n.js';
import { render as draw, html } from './lit.js';
import { callerName, callerTel, outcomeWords, refusalWords, troubleWords } from './naming.js';
import { arrange } from './order.js';
import { recall, remember } from './remembered.js';
import { format, parse } from './router.js';
import { Stream } from './stream.js';
import { bar, strips, toast } from './views/frame.js';
import { health } from './views/health.js';
import { help } from './views/help.js';
import { live } from './views/live.js';
import { ops } from './views/ops.js';
import { past } from './views/past.js';

const ROLES = ['viewer', 'developer', 'supervisor', 'admin'];
const THEMES = ['auto', 'light', 'dark'];
const VIEWS = { live, past, ops, health };
const TICK_MS = 1000;
const PING_MS = 5000;
const phone = matchMedia('(max-width:960px)');

export class App {
  constructor(me) {
    this.ui = {
      me, route: parse(location.hash), theme: recall('theme') ?? 'auto', letters: recall('letters') !== 'off',
      conn: { status: 'connecting', attempt: 0, nextAt: null }, ping: true, panel: null, toast: '',
      liveFilter: '', logSource: '', logText: '', doneCallbacks: false, sure: null,
      callbackProblems: new Map(), checking: new Set(), checkProblems: new Map(),
    };
    this.product = me.product ?? 'callctl';
    this.board = emptyBoard();
    this.skew = 0; // the server's clock is ahead of this browser's by so much
    this.heardAt = Date.now();
    this.arranged = null;
    this.pointerInList = false;
    this.after = [];
    this.actions = new Actions(this);
    this.archive = new Archive(this);
    this.talkEnd = new Follower('#talk-s', () => this.render());
    this.logEnd = new Follower('#evs', () => this.render());
    this.stream = new Stream({
      open: openStream,
      onEvent: (type, data) => this.#event(type, data),
      onBytes: () => { this.heardAt = Date.now(); },
      onState: conn => this.#connection(conn),
      onRefused: status => { if (status === 401) this.goToLogin(); },
    });
    useCsrf(me.csrf);
  }

  start() {
    this.#applyTheme();
    // The address is the state, so the way past the navigation must not go into it.
    document.getElementById('skip').addEventListener('click', event => { event.preventDefault(); document.getElementById('main').focus(); });
    addEventListener('hashchange', () => this.routed());
    phone.addEventListener('change', () => this.render());
    setInterval(() => { if (!document.hidden) this.render(); }, TICK_MS);
    setInterval(() => { if (this.ui.conn.status === 'lost') this.#ping(); }, PING_MS);
    this.routed(true);
    this.stream.start();
  }

  // Rendering

  /** Soon, once; *then* runs when it has been drawn. */
  render(then) {
    if (then) this.after.push(then);
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = null; this.#draw(); });
  }

  set(change) {
    Object.assign(this.ui, change);
    this.render();
  }

  #draw() {
    this.#arrange();
    document.documentElement.lang = language();
    document.documentElement.classList.toggle('stale', this.ui.conn.status === 'lost');
    document.title = t('app.title', { name: this.product });
    document.getElementById('skip').textContent = t('skip');
    const focused = document.activeElement;
    const row = focused?.closest?.('.row, .prow');
    draw(html`${bar(this)}${strips(this)}<main id="main" tabindex="-1">${VIEWS[this.ui.route.view](this)}</main>${toast(this)}${help(this)}`, document.getElementById('app'));
    // A row that changed its group is another element: the focus goes with the call.
    if (row && !focused.isConnected) this.rowLink(row.dataset.call ?? row.dataset.past)?.focus({ preventScroll: true });
    this.talkEnd.settle();
    this.logEnd.settle();
    for (const then of this.after.splice(0)) then();
  }

  #arrange() {
    const held = this.pointerInList || Boolean(document.activeElement?.closest?.('.list .row'));
    const before = this.arranged;
    this.arranged = arrange([...this.board.calls.values()], before, held);
    const first = this.fresh || !before; // what a snapshot brings is no news
    this.fresh = false;
    if (first) return;
    for (const { call, level, trouble } of this.arranged.rows) {
      if (level === 'alarm' && before.places.get(call.id)?.level !== 'alarm') sayAlarm(`${t('sev.alarm')}: ${callerName(call.caller)}. ${troubleWords(trouble, this.now())}`);
    }
  }

  rowLink(id) {
    return document.querySelector(`[data-call="${CSS.escape(id ?? '')}"] a, [data-past="${CSS.escape(id ?? '')}"] a`);
  }

  // What the views ask

  /** The server's time; while the stream is lost, the moment up to which the picture is true. */
  now() {
    return (this.ui.conn.status === 'lost' ? this.heardAt : Date.now()) + this.skew;
  }

  isPhone() { return phone.matches; }
  href(route) { return format(route); }
  rows() { return this.arranged.rows; }

  matches(call) {
    const words = this.ui.liveFilter.trim().toLowerCase();
    return !words || [callerName(call.caller), callerTel(call.caller), call.caller?.tel, call.topic, call.id].some(text => (text ?? '').toLowerCase().includes(words));
  }

  #rank() { return ROLES.indexOf(this.ui.me.role); }
  seesLog() { return this.#rank() >= ROLES.indexOf('developer'); }
  acts() { return this.#rank() >= ROLES.indexOf('supervisor'); }
  checks() { return this.seesLog(); }
  listens(call) { return (call.listeners ?? []).includes(this.ui.me.person); }
  listenedTo() { return [...this.board.calls.values()].filter(call => call.state !== 'ended' && this.listens(call)); }
  hasTaken(call) { return call.state === 'operator' && call.operator === this.ui.me.person; }

  badges() {
    const count = (items, wanted) => [...items].filter(wanted).length;
    const badge = (alarms, warns) => (alarms ? { n: alarms, level: 'alarm' } : warns ? { n: warns, level: 'warn' } : null);
    const { calls, queue, callbacks, health: deps } = this.board;
    const now = this.now();
    return {
      live: badge(count(calls.values(), call => call.trouble?.level === 'alarm'), count(calls.values(), call => call.trouble?.level === 'warn')),
      ops: badge(0, count(callbacks.values(), item => item.state === 'open' && item.due < now) + count(queue.values(), item => item.limit_s && now - item.since > item.limit_s * 1000)),
      health: badge(count(deps.values(), dep => dep.state === 'down'), count(deps.values(), dep => dep.state === 'slow')),
    };
  }

  hold(inside) { this.pointerInList = inside; }

  // The address

  routed(first = false) {
    const before = this.ui.route;
    const route = this.ui.route = parse(location.hash);
    if (before.view !== route.view || before.id !== route.id) this.ui.panel = null;
    if (route.view === 'live' && this.board.open?.id !== (route.id || undefined)) {
      openCall(this.board, route.id);
      this.stream.follow(route.id);
      if (route.id) this.loadCall();
    }
    if (route.view === 'past') this.archive.sync(route);
    const moved = before.view !== route.view;
    this.render(first ? undefined : () => {
      // Headings get the focus on navigation, so that a reader of the page's words is where he went.
      if (moved) document.querySelector('main h1')?.focus({ preventScroll: true });
      else if (route.id && before.id !== route.id && phone.matches) document.querySelector('#h-call, #h-pv')?.focus({ preventScroll: true });
      if (route.query.n) this.showTurn();
    });
  }

  /** Changes what the address asks of this view, without a step in the history. */
  query(change) {
    const route = { ...this.ui.route, query: { ...this.ui.route.query, ...change } };
    history.replaceState(null, '', format(route));
    this.routed();
  }

  go(route) { location.hash = format(route); }

  /** The search without what belongs to one call. */
  pastQuery() {
    const { q, when, outcome, trouble } = this.ui.route.query;
    return { q, when, outcome, trouble };
  }

  clearPast() {
    history.replaceState(null, '', format({ view: 'past' }));
    this.routed();
    document.getElementById('q-past')?.focus();
  }

  showTurn() {
    const { n } = this.ui.route.query;
    const turn = n && document.getElementById(`turn-${n}`);
    if (!turn) return;
    this.talkEnd.following = false;
    turn.scrollIntoView({ block: 'center' });
    turn.focus({ preventScroll: true });
  }

  // The open call

  async loadCall() {
    const { open } = this.board;
    open.state = 'loading';
    expectOpen(this.board);
    const [whole, log] = await Promise.all([get(`calls/${escaped(open.id)}`), this.seesLog() ? get(`calls/${escaped(open.id)}/log?tail=1000&limit=1000`) : null]);
    if (this.board.open !== open) return;
    if (whole.ok) fillOpen(this.board, whole.body);
    else Object.assign(open, { state: whole.status === 404 || whole.status === 410 ? 'gone' : 'failed', problem: whole, fresh: null });
    this.refused(whole);
    if (log) {
      open.logProblem = log.ok ? null : log;
      if (log.ok) fillLog(this.board, lines(log.body));
    }
    this.render();
  }

  #event(type, data) {
    if (type === 'snapshot') {
      if (data.now) this.skew = data.now - Date.now();
      if (this.board.open && this.board.open.state !== 'loading') this.loadCall(); // the gap was too long: its turns are asked for anew
    }
    receive(this.board, type, data);
    if (type === 'snapshot') this.fresh = true;
    if (type === 'call.end' && this.ui.route.id === data.id) sayPolitely(`${t('st.ended')}: ${outcomeWords(data.outcome)}`);
    this.render();
  }

  #connection(conn) {
    const was = this.ui.conn.status;
    this.ui.conn = conn;
    if (conn.status === 'lost' && was !== 'lost') {
      this.ui.ping = true;
      this.#ping();
      sayNow(t('lost.text', { at: clock(this.now()) }));
    }
    if (conn.status === 'live' && was === 'lost') this.toast(t('lost.back'));
    this.render();
  }

  async #ping() {
    const { ok } = await get('ping');
    if (ok !== this.ui.ping) this.set({ ping: ok });
  }

  // Wishes that concern no call

  async callback(id, what) {
    if (what === 'done' && this.ui.sure !== id) { this.set({ sure: id }); return; }
    this.ui.sure = null;
    this.ui.callbackProblems.delete(id);
    const answer = await send('POST', `callbacks/${escaped(id)}/${what}`);
    if (!answer.ok) this.ui.callbackProblems.set(id, answer);
    else if (what === 'dial') this.toast(t('cb.dialled'));
    this.refused(answer);
    this.render();
  }

  async check(id) {
    if (this.ui.checking.has(id)) return;
    this.ui.checking.add(id);
    this.ui.checkProblems.delete(id);
    this.render();
    const answer = await send('POST', `health/${escaped(id)}/check`);
    this.ui.checking.delete(id);
    if (!answer.ok) this.ui.checkProblems.set(id, answer);
    else if (answer.body?.id === id) receive(this.board, 'health', answer.body);
    this.refused(answer);
    this.render();
  }

  /** An answer that says that the session is over leads to the login, once, and back here afterwards. */
  refused(answer) {
    if (answer.status === 401) this.goToLogin();
  }

  goToLogin() {
    remember('wanted', location.hash, sessionStorage);
    location.replace('login');
  }

  async logOut() {
    const answer = await send('DELETE', 'session');
    if (answer.ok || answer.status === 401) location.replace('login');
    else this.toast(refusalWords(answer));
  }

  // Choices of the reader

  toast(words) {
    this.ui.toast = words;
    sayPolitely(words);
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => this.set({ toast: '' }), Math.max(3000, words.length * 70));
    this.render();
  }

  switchLanguage() {
    setLanguage(language() === 'uk' ? 'en' : 'uk');
    remember('lang', language());
    this.render();
  }

  switchTheme() {
    this.ui.theme = THEMES[(THEMES.indexOf(this.ui.theme) + 1) % THEMES.length];
    remember('theme', this.ui.theme);
    this.#applyTheme();
    sayPolitely(t(`theme.${this.ui.theme}`));
    this.render();
  }

  #applyTheme() {
    if (this.ui.theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.ui.theme;
  }

  setLetters(on) {
    remember('letters', on ? 'on' : 'off');
    this.set({ letters: on });
  }

  openHelp() { document.getElementById('help').showModal(); }
  closeHelp() { document.getElementById('help').close(); }
}
