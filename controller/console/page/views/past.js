// Calls that are over: search, the list, and what one of them was about.

import { html, nothing, repeat } from '../lit.js';
import { num, t } from '../i18n.js';
import { day, duration, hours, startOfDay } from '../format.js';
import { SPANS } from '../archive.js';
import { BUDGET } from '../latency.js';
import { callerName, callerTel, outcomeWords, refusalWords, troubleWords } from '../naming.js';
import { icon } from './icon.js';
import { preview, whole } from './pastcall.js';

const OUTCOMES = ['order', 'booked', 'info', 'human', 'cb', 'left', 'drop'];

export function past(app) {
  const { route } = app.ui;
  const { archive } = app;
  if (route.id && route.full) return whole(app);
  return html`<section class="view past ${route.id ? 'showing' : ''}" id="v-past"><h1 class="vh" tabindex="-1">${t('past.h')}</h1>
    <div class="pane plist">${search(app)}
      <p class="muted pn" role="status">${archive.state === 'failed' ? t('failed', { why: refusalWords(archive.problem) }) : archive.asked === null || archive.state === 'new' ? t('loading') : t('past.n', { n: archive.total, t: archive.withTrouble })}</p>
      <div class="phead" aria-hidden="true"><span>${t('past.time')}</span><span>${t('past.who')}</span><span>${t('past.topic')}</span><span>${t('past.out')}</span><span class="r">${t('past.p95')}</span><span class="r">${t('past.dur')}</span></div>
      <div class="scroll" tabindex="-1">${byDay(app, archive.items)}
        ${archive.next ? html`<p class="more"><button type="button" class="btn" aria-disabled=${archive.state === 'loading' ? 'true' : nothing} @click=${() => archive.more()}>${t('past.more')}</button></p>` : nothing}
        ${archive.state === 'loaded' && !archive.items.length ? html`<div class="empty small" id="past-none"><h2>${t('past.none.h')}</h2><p>${t('past.none.p')}</p><button type="button" class="btn" id="past-clear" @click=${() => app.clearPast()}>${t('past.none.a')}</button></div>` : nothing}</div></div>
    ${preview(app)}</section>`;
}

function search(app) {
  const { query } = app.ui.route;
  const when = query.when ?? 'day';
  return html`<div class="pane-h wide"><h2 class="ttl">${t('past.h')}</h2>
    <div class="field grow">${icon('search')}<input type="search" id="q-past" data-search autocomplete="off" spellcheck="false" placeholder=${t('past.search')} aria-label=${t('past.search')}
      .value=${query.q ?? ''} @input=${event => app.query({ q: event.target.value })}><kbd aria-hidden="true">/</kbd></div>
    <div class="chips" role="group" aria-label=${t('past.f.when')}>${SPANS.map(span => html`<button type="button" class="chip" aria-pressed=${when === span ? 'true' : 'false'} @click=${() => app.query({ when: span === 'day' ? '' : span })}>${t(`past.f.${span}`)}</button>`)}</div>
    <button type="button" class="chip" id="f-trouble" aria-pressed=${query.trouble ? 'true' : 'false'} @click=${() => app.query({ trouble: query.trouble ? '' : '1' })}>${t('past.f.trouble')}</button>
    <select class="chip" id="f-outcome" aria-label=${t('past.out')} @change=${event => app.query({ outcome: event.target.value })}>
      ${['', ...OUTCOMES].map(outcome => html`<option value=${outcome} ?selected=${(query.outcome ?? '') === outcome}>${outcome ? outcomeWords(outcome) : t('past.f.out')}</option>`)}</select></div>`;
}

/** One list a day; the day is named where there is more than today. */
function byDay(app, items) {
  const days = new Map();
  for (const item of items) {
    const of = startOfDay(item.at);
    days.set(of, [...(days.get(of) ?? []), item]);
  }
  const named = days.size > 1 || (days.size === 1 && !days.has(startOfDay(app.now())));
  return repeat([...days], ([of]) => of, ([of, list]) => html`${named ? html`<h3 class="day"><time datetime=${new Date(of).toISOString()}>${day(of)}</time></h3>` : nothing}<ol>${repeat(list, item => item.id, item => row(app, item))}</ol>`);
}

function row(app, item) {
  const { route } = app.ui;
  const { trouble, p95_ms: p95 } = item;
  return html`<li class="prow" data-past=${item.id}><a href=${app.href({ view: 'past', id: item.id, query: app.pastQuery() })} aria-current=${item.id === route.id ? 'true' : nothing}>
    <time class="num">${hours(item.at)}</time><span class="who" lang="uk"><b>${callerName(item.caller)}</b><span class="tel num">${callerTel(item.caller)}</span></span>
    <span class="topic"><span class="tx" lang="uk">${item.topic || '–'}</span>${trouble ? html`<span class="flag">${icon('warn')}<span><span class="vh">${t('past.flag')}: </span>${troubleWords(trouble, item.at)}</span></span>` : nothing}</span>
    <span class="out">${outcomeWords(item.outcome)}</span><span class="p95 num ${p95 > BUDGET ? 'over' : ''}">${p95 == null ? '–' : html`${num(p95 / 1000, 1)} ${t('u.s')}`}</span><span class="dur num">${duration((item.dur_s ?? 0) * 1000)}</span></a></li>`;
}
