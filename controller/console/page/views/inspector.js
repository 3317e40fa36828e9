// Beside the talk: latency, and the event log for developers. On middle and narrow screens these are tabs.

import { html, nothing } from '../lit.js';
import { t } from '../i18n.js';
import { latency } from './latency.js';
import { log } from './log.js';

export function inspector(app, open, turns) {
  return html`<aside class="insp" aria-label=${t('tab.label')}>${latency(app, turns)}${app.seesLog() ? log(app, open) : nothing}</aside>`;
}

export function tabs(app, open, tab) {
  const errors = open.log.filter(line => line.lvl === 'err').length;
  const button = (id, more = nothing) => html`<button type="button" data-tab=${id} aria-pressed=${tab === id ? 'true' : 'false'} @click=${() => app.query({ tab: id === 'talk' ? '' : id })}>${t(`tab.${id}`)}${more}</button>`;
  return html`<div class="subtabs" role="group" aria-label=${t('tab.label')}>${button('talk')}${button('lat')}${app.seesLog() ? button('log', errors ? html` <span class="num cnt">${errors}</span>` : nothing) : nothing}</div>`;
}
