// What a key means on this page: the commands of keys.js, carried out.

import { neighbour } from './order.js';

export class Commands {
  constructor(app) {
    this.app = app;
  }

  /** Does what a key means here; false if it means nothing here. */
  run(command, target) {
    const { view, id } = this.app.ui.route;
    const inLive = view === 'live';
    switch (command) {
      case 'escape': return this.#escape(target);
      case 'submit': return this.#submit(target);
      case 'next': case 'previous': return this.#step(command === 'next' ? 1 : -1);
      case 'trouble': return inLive && this.#select(this.app.rows().find(row => row.level !== 'calm')?.call.id);
      case 'help': this.app.openHelp(); return true;
      case 'search': return this.#search();
      case 'live': case 'past': case 'ops': case 'health': this.app.go({ view: command }); return true;
      case 'listen': {
        const call = inLive && id ? this.app.board.open?.call : null;
        if (!call || !this.app.acts()) return false;
        this.app.actions.listen(call);
        return true;
      }
      default: {
        const call = inLive && id ? this.app.board.open?.call : null;
        if (!call || !this.app.acts()) return false;
        this.app.actions.toggle(command === 'take' && this.app.hasTaken(call) ? 'give' : command);
        return true;
      }
    }
  }

  #escape(target) {
    if (this.app.ui.panel) { this.app.actions.close(true); return true; }
    if (!target.matches('input[type=search]')) return false;
    target.value = '';
    target.dispatchEvent(new Event('input', { bubbles: true }));
    target.blur();
    return true;
  }

  #submit(target) {
    const panel = target.closest('.panel');
    if (!panel) return false;
    this.app.actions.submit(panel.querySelector('[data-do]')?.dataset.do ?? '');
    return true;
  }

  #step(by) {
    const { view, id, full } = this.app.ui.route;
    if ((view !== 'live' && view !== 'past') || full) return false;
    const ids = [...document.querySelectorAll('.row, .prow')].map(row => row.dataset.call ?? row.dataset.past);
    return this.#select(neighbour(ids, id, by));
  }

  #select(id) {
    if (!id) return false;
    const { view } = this.app.ui.route;
    this.app.go({ view, id, query: view === 'past' ? this.app.pastQuery() : {} });
    const link = this.app.rowLink(id);
    link?.focus({ preventScroll: true });
    link?.scrollIntoView({ block: 'nearest' });
    return true;
  }

  #search() {
    const field = document.querySelector('[data-search]');
    if (field) { field.focus(); return true; }
    this.app.go({ view: 'past' });
    this.app.render(() => document.getElementById('q-past')?.focus());
    return true;
  }
}
