// Past calls: a page of them for what the address asks, and the one that is open.

import { startOfDay } from './format.js';
import { escaped, get } from './api.js';

const TYPING_MS = 250;
const DAYS = { day: 1, week: 7, month: 30 };
export const SPANS = Object.keys(DAYS);

export class Archive {
  constructor(app) {
    Object.assign(this, { app, asked: null, state: 'new', problem: null, items: [], total: 0, withTrouble: 0, next: null, open: null });
  }

  /** What the address asks for now. */
  sync({ id, full, query }) {
    const wish = this.wish(query);
    if (wish !== this.asked) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(wish), this.asked === null ? 0 : TYPING_MS);
      this.asked = wish;
    }
    const open = id ? `${id}?${query.q ?? ''}` : '';
    if (open !== (this.open?.key ?? '')) this.#open(id, query.q ?? '', open);
    if (full) this.#log();
  }

  wish({ q = '', when = 'day', outcome = '', trouble = '' }) {
    const from = startOfDay(this.app.now()) - ((DAYS[when] ?? 1) - 1) * 86_400_000;
    const search = new URLSearchParams({ from: String(from) });
    if (q.trim()) search.set('q', q.trim());
    if (outcome) search.set('outcome', outcome);
    if (trouble) search.set('trouble', '1');
    return search.toString();
  }

  async load(wish = this.asked, cursor = '') {
    this.state = 'loading';
    this.app.render();
    const answer = await get(`past?${wish}${cursor ? `&cursor=${escaped(cursor)}` : ''}`);
    if (wish !== this.asked) return;
    if (answer.ok) {
      const { items, total, with_trouble: withTrouble, next } = answer.body;
      Object.assign(this, { state: 'loaded', problem: null, items: cursor ? [...this.items, ...items] : items, total, withTrouble, next });
    } else {
      Object.assign(this, { state: 'failed', problem: answer });
      this.app.refused(answer);
    }
    this.app.render();
  }

  more() {
    return this.load(this.asked, this.next);
  }

  async #open(id, q, key) {
    if (!id) { this.open = null; return; }
    const open = this.open = { key, id, call: null, state: 'loading', problem: null, log: [], logState: 'new', logProblem: null };
    const answer = await get(`past/${escaped(id)}${q.trim() ? `?q=${escaped(q.trim())}` : ''}`);
    if (answer.ok) Object.assign(open, { call: answer.body, state: 'loaded' });
    else Object.assign(open, { state: answer.status === 404 ? 'gone' : 'failed', problem: answer });
    this.app.refused(answer);
    this.app.render(() => this.app.showTurn());
  }

  async #log() {
    const { open } = this;
    if (!open || open.logState !== 'new' || !this.app.seesLog()) return;
    open.logState = 'loading';
    const answer = await get(`calls/${escaped(open.id)}/log?tail=1000&limit=1000`);
    if (answer.ok) open.log = lines(answer.body);
    else open.logProblem = answer;
    this.app.render();
  }
}

/** The log's lines, whether they come bare or on a page. */
export const lines = body => (Array.isArray(body) ? body : body?.items ?? []);
