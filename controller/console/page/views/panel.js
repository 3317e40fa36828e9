// The second step of an action, in place: it names the call, and what is typed into it survives the stream.

import { html, nothing } from '../lit.js';
import { t } from '../i18n.js';
import { duration } from '../format.js';
import { callerName, hintWords, outcomeWords, queueName, refusalWords, stateWords, troubleWords } from '../naming.js';
import { SAY_MAX, queues } from '../actions.js';

export function panel(app, call) {
  const open = app.ui.panel;
  if (!open || open.call !== call.id) return nothing;
  if (call.state === 'ended') return over(app, call);
  return PANELS[open.kind](app, call, open);
}

const PANELS = {
  transfer: (app, call, open) => frame(app, open, t('p.t.h'), html`
    <div class="opts" role="radiogroup" aria-labelledby="panel-h">${queues(app.board).map(queue => html`<label class="opt"><input type="radio" name="q" value=${queue.name} .checked=${open.queue === queue.name} @change=${() => app.actions.edit({ queue: queue.name })}>
      <span><b>${queueName(queue.name)}</b></span><span class="muted">${waiting(queue)}</span></label>`)}</div>
    <label class="lab" for="pt-note">${t('p.t.note')}</label>
    <textarea id="pt-note" rows="3" maxlength="500" lang="uk" aria-describedby="pt-warm" .value=${open.note} @input=${event => app.actions.edit({ note: event.target.value })}></textarea>
    <p id="pt-warm">${t('p.t.warm')}</p>`, [go(app, open, 'p.t.go')]),

  say: (app, call, open) => frame(app, open, html`<label for="ps-t">${t('p.s.h')}</label>`, html`
    <textarea id="ps-t" rows="2" maxlength=${SAY_MAX} lang="uk" aria-describedby="ps-left" .value=${open.text} @input=${event => app.actions.edit({ text: event.target.value })}></textarea>
    <p id="ps-left" class="num">${t('p.s.left', { n: SAY_MAX - open.text.length })}</p>
    <label class="chk"><input type="checkbox" .checked=${open.cut} @change=${event => app.actions.edit({ cut: event.target.checked })}> ${t('p.s.now')}</label>`, [go(app, open, 'p.s.go', { key: 'Ctrl ↵', off: !open.text.trim() })]),

  take: (app, call, open) => frame(app, open, t('p.o.h'), html`<p>${t('p.o.p')}</p>`, [go(app, open, 'p.o.go')]),

  give: (app, call, open) => frame(app, open, t('p.g.h'), html`<p>${t('p.g.p')}</p>`, [go(app, open, 'p.g.go')]),

  hang: (app, call, open) => frame(app, open, t('p.x.h', { name: callerName(call.caller) }),
    html`<p>${t('p.x.p')} ${call.trouble ? html`${troubleWords(call.trouble, app.now())}. ${hintWords(call.trouble.hint)}` : nothing}</p>`,
    [go(app, open, 'p.x.go', { style: 'solid-danger', mode: 'goodbye' }), go(app, open, 'p.x.cut', { style: 'danger', mode: 'cut', key: '' })], 'danger'),
};

function frame(app, open, heading, body, buttons, style = '') {
  const named = open.kind === 'hang' ? nothing : html`<span class="vh">${t('p.call', { name: callerName(app.board.open.call.caller) })}</span>`;
  return html`<div class="panel ${style} ${open.kind === 'hang' ? 'right' : ''}" id="panel" role="group" aria-labelledby="panel-h" data-kind=${open.kind}>
    <h3 id="panel-h">${heading} ${named}</h3>${body}${failure(app, open)}
    <div class="panel-a">${buttons}<button type="button" class="btn" data-cancel @click=${() => app.actions.close(true)}>${t('p.cancel')}<kbd aria-hidden="true">Esc</kbd></button></div></div>`;
}

function go(app, open, words, { style = 'pri', mode = '', key = '↵', off = false } = {}) {
  const sending = open.sending !== null;
  return html`<button type="button" class="btn ${style}" data-do=${mode} aria-disabled=${sending || off ? 'true' : nothing} @click=${() => app.actions.submit(mode)}>${open.sending === mode ? t('p.sending') : t(words)}${key ? html`<kbd aria-hidden="true">${key}</kbd>` : nothing}</button>`;
}

function failure(app, open) {
  if (!open.problem) return nothing;
  const call = app.board.open.call;
  const words = open.problem.code === 'state_changed' ? t('p.changed', { state: stateWords(call, app.ui.me.person) }) : refusalWords(open.problem);
  return html`<p class="refusal" role="alert">${words}</p>`;
}

/** The call ended under the reader's hand: the outcome stands where the panel stood. */
function over(app, call) {
  return html`<div class="panel" id="panel" role="group" aria-labelledby="panel-h" data-kind="over"><h3 id="panel-h" lang="uk">${callerName(call.caller)}</h3>
    <p role="alert">${t('p.ended', { outcome: outcomeWords(call.outcome) })}</p>
    <div class="panel-a"><button type="button" class="btn" data-cancel @click=${() => app.actions.close(true)}>${t('p.close')}<kbd aria-hidden="true">Esc</kbd></button></div></div>`;
}

function waiting({ free, online, waitMs }) {
  if (free.length === 1) return t('p.t.free1', { name: free[0] });
  if (free.length) return t('p.t.free', { n: free.length });
  return online ? t('p.t.wait', { t: duration(waitMs) }) : t('p.t.none');
}
