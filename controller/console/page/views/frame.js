// What is around every view: the top bar, the strips, the toast.

import { html, nothing } from '../lit.js';
import { language, t } from '../i18n.js';
import { clock } from '../format.js';
import { callerName } from '../naming.js';
import { icon } from './icon.js';

export function bar(app) {
  const { ui } = app;
  return html`<header class="bar"><span class="brand"><svg class="logo" viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="8.2"></circle><circle cx="10" cy="10" r="3.4"></circle></svg>${app.product}</span>
    <nav class="nav" aria-label=${t('nav.label')}>${['live', 'past', 'ops', 'health'].map(view => link(app, view))}</nav>
    <div class="bar-e"><span class="conn" title=${connection(ui)}><i aria-hidden="true"></i><span class="num" id="clock">${clock(app.now())}</span><span class="vh">${connection(ui)}</span></span>
      <button type="button" class="btn ico quiet txt" id="lang" aria-label=${t('lang')} @click=${() => app.switchLanguage()}>${language() === 'uk' ? 'EN' : 'УК'}</button>
      <button type="button" class="btn ico quiet" id="theme" aria-label=${t(`theme.${ui.theme}`)} title=${t(`theme.${ui.theme}`)} @click=${() => app.switchTheme()}>${icon('sun')}</button>
      <button type="button" class="btn ico quiet txt" id="helpb" aria-keyshortcuts="?" aria-label=${t('help')} @click=${() => app.openHelp()}>?</button></div></header>`;
}

const connection = ui => t({ live: 'stream.live', lost: 'stream.lost' }[ui.conn.status] ?? 'stream.connecting');

function link(app, view) {
  const badge = app.badges()[view];
  return html`<a href="#${view}" data-nav=${view} aria-current=${app.ui.route.view === view ? 'page' : nothing}>${icon(view)}<span>${t(`nav.${view}`)}</span>${badge
    ? html`<span class="bdg ${badge.level} num"><span aria-hidden="true">${badge.n}</span><span class="vh">, ${t(`nav.n.${badge.level}`, { n: badge.n })}</span></span>`
    : nothing}</a>`;
}

export function strips(app) {
  const { ui } = app;
  const heard = app.listenedTo();
  return html`<aside class="strips" aria-label=${t('strips')}>
    ${ui.conn.status === 'lost' ? lost(app) : nothing}
    ${heard.map(call => html`<div class="strip listen">${icon('listen')}<p>${t('listen.on', { name: callerName(call.caller) })}</p>
      <button type="button" class="btn" @click=${() => app.actions.stopListening(call)}>${t('act.unlisten')}${call.id === ui.route.id ? html`<kbd aria-hidden="true">L</kbd>` : nothing}</button></div>`)}</aside>`;
}

function lost(app) {
  const { attempt, nextAt } = app.ui.conn;
  const seconds = nextAt ? Math.max(1, Math.ceil((nextAt - Date.now()) / 1000)) : 0;
  return html`<div class="strip lost" id="lost">${icon('nolink')}<p><b>${t('lost.text', { at: clock(app.now()) })}</b>
    ${nextAt ? t('lost.sub', { n: attempt + 1, s: seconds }) : t('lost.trying', { n: attempt + 1 })}
    ${app.ui.ping ? nothing : t('lost.actions')}</p>
    <button type="button" class="btn" id="retry" @click=${() => app.stream.retryNow()}>${t('lost.now')}</button></div>`;
}

// For the eye; the status region says the same.
export const toast = app => (app.ui.toast ? html`<div class="toast" id="toast" aria-hidden="true">${app.ui.toast}</div>` : nothing);
