// The list of live calls, trouble first, and the call that is open.

import { html, nothing, repeat } from '../lit.js';
import { t } from '../i18n.js';
import { duration, hours } from '../format.js';
import { callerName, depName, glyphOf, stateWords, troubleWords } from '../naming.js';
import { call } from './call.js';
import { spark } from './charts.js';
import { icon } from './icon.js';

export function live(app) {
  const { ui, board } = app;
  if (!board.calls.size && !ui.route.id) return html`<section class="view live" id="v-live">${heading()}${board.told ? empty(app) : html`<p class="empty" id="live-empty">${t('loading')}</p>`}</section>`;
  const rows = app.rows();
  const shown = rows.filter(row => app.matches(row.call));
  const troubled = shown.filter(row => row.level !== 'calm'), calm = shown.filter(row => row.level === 'calm');
  return html`<section class="view live ${ui.route.id ? 'showing' : ''}" id="v-live">${heading()}
    <div class="pane list" @pointerenter=${() => app.hold(true)} @pointerleave=${() => app.hold(false)}>
      <div class="pane-h"><h2 class="ttl" id="h-live">${t('live.list')} <span class="num n">${rows.length}</span></h2>
        <div class="field">${icon('search')}<input type="search" id="q-live" data-search autocomplete="off" spellcheck="false" placeholder=${t('live.filter')} aria-label=${t('live.filter')}
          .value=${ui.liveFilter} @input=${event => app.set({ liveFilter: event.target.value })}><kbd aria-hidden="true">/</kbd></div></div>
      <div class="scroll" tabindex="-1">${group(app, 'trouble', troubled)}${group(app, 'calm', calm)}
        ${shown.length ? nothing : html`<div class="empty small" id="live-nomatch"><p>${t('live.nomatch')}</p><a class="btn" href=${app.href({ view: 'past', query: { q: ui.liveFilter } })}>${t('live.nomatch.a')}</a></div>`}</div></div>
    ${ui.route.id ? call(app) : html`<div class="pane empty pick"><h2>${t('live.pick.h')}</h2><p class="by-keys">${t('live.pick.p')}</p></div>`}</section>`;
}

const heading = () => html`<h1 class="vh" tabindex="-1">${t('nav.live')}</h1>`;

const group = (app, id, rows) => (rows.length
  ? html`<div class="grp" id="grp-${id}"><h3>${t(`live.${id}`)} <span class="num">${rows.length}</span></h3><ol>${repeat(rows, row => row.call.id, row => item(app, row))}</ol></div>`
  : nothing);

function item(app, { call, level, trouble }) {
  const { ui } = app;
  const selected = call.id === ui.route.id;
  const words = stateWords(call, ui.me.person);
  const mark = { alarm: 'alarm', warn: 'warn' }[level] ?? glyphOf(call);
  const length = duration((call.ended ?? app.now()) - call.started);
  return html`<li class="row ${level}" data-call=${call.id}><a href=${app.href({ view: 'live', id: call.id })} aria-current=${selected ? 'true' : nothing}>
    <span class="mark">${icon(mark)}</span><span class="who" lang="uk">${callerName(call.caller)}</span>${level === 'calm'
      ? html`<span class="doing"><span class="top" lang="uk">${call.state === 'ended' ? words : call.topic || words}</span></span><span class="vh">, ${words}, </span><span class="dur num">${length}</span>`
      : html`<span class="dur num">${length}</span>
        <span class="why"><span class="vh">${t(`sev.${level}`)}: </span>${troubleWords(trouble, app.now())}</span>
        <span class="doing">${icon(glyphOf(call))}<span class="top" lang="uk">${call.topic || words}</span><span class="vh">, ${words}</span></span>${spark(call.lat)}`}</a></li>`;
}

function empty(app) {
  const bad = [...app.board.health.values()].filter(dep => dep.state !== 'ok').map(dep => depName(dep));
  return html`<div class="empty" id="live-empty"><h2>${t('live.empty.h')}</h2><p>${bad.length ? t('live.empty.bad', { names: bad.join(', ') }) : t('live.empty.ok')}
    ${app.board.lastEnd ? t('live.empty.last', { at: hours(app.board.lastEnd) }) : nothing}</p><a class="btn" href="#past">${t('live.empty.a')}</a></div>`;
}
