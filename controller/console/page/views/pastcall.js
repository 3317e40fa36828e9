// One call that is over: beside the list in short, or whole with its talk, latency and log.

import { html, nothing } from '../lit.js';
import { num, t } from '../i18n.js';
import { characters, date, duration, hours, stamp } from '../format.js';
import { BUDGET } from '../latency.js';
import { callerName, callerTel, hintWords, outcomeWords, refusalWords, troubleWords } from '../naming.js';
import { icon } from './icon.js';
import { inspector, tabs } from './inspector.js';
import { talk } from './talk.js';

export function preview(app) {
  const { open } = app.archive;
  if (!open) return html`<div class="pane empty pview-none"><p>${t('past.pick')}</p></div>`;
  if (!open.call) return html`<article class="pane pview"><header>${back(app)}<h2 id="h-pv" tabindex="-1">${waiting(open)}</h2></header></article>`;
  const { call } = open;
  const query = app.pastQuery();
  const asked = Boolean((query.q ?? '').trim());
  return html`<article class="pane pview ${asked ? 'hit' : ''}" aria-labelledby="h-pv"><header>${back(app)}<h2 id="h-pv" tabindex="-1" lang="uk">${callerName(call.caller)}</h2><span class="tel num">${callerTel(call.caller)}</span></header>
    ${facts(call)}${trouble(call)}
    <h3>${t('past.sum')}</h3><p lang="uk">${call.summary || html`<span class="muted">${t('past.nosum')}</span>`}</p>
    ${call.hits?.length ? html`<h3 id="hits-h">${t(asked ? 'past.hit' : 'past.key')}</h3><ol class="hits">${call.hits.map(hit => html`<li><time class="num">${stamp(hit.at)}</time><p><a href=${app.href({ view: 'past', id: open.id, full: true, query: { ...query, n: hit.n } })}><b>${t(`who.${hit.who === 'agent' ? 'agent' : 'caller'}`)}</b> <span lang="uk">${marked(hit.text, hit.marks)}</span></a></p></li>`)}</ol>` : nothing}
    ${measures(call)}
    <div class="panel-a"><a class="btn" id="past-full" href=${app.href({ view: 'past', id: open.id, full: true, query })}>${t('past.open')}</a></div></article>`;
}

export function whole(app) {
  const { open } = app.archive;
  const up = app.href({ view: 'past', id: app.ui.route.id, query: app.pastQuery() });
  if (!open?.call) return html`<section class="view past" id="v-past"><article class="pane call empty"><p>${open ? waiting(open) : t('loading')}</p><a class="btn" href=${up}>${t('past.back')}</a></article></section>`;
  const { call } = open;
  const turns = call.turns ?? [];
  const tab = app.ui.route.query.tab ?? 'talk';
  return html`<section class="view past-full showing" id="v-past"><h1 class="vh" tabindex="-1">${t('past.h')}</h1><article class="pane call" id="call" aria-labelledby="h-call" data-tab=${tab}><header class="call-h"><a class="btn ico backb always" href=${up} aria-label=${t('past.back')}>${icon('back')}</a>
      <div class="call-t"><h2 id="h-call" tabindex="-1" lang="uk">${callerName(call.caller)}</h2><span class="tel num">${callerTel(call.caller)}</span><span class="big num">${duration(lengthOf(call))}</span></div>${facts(call)}${trouble(call)}</header>
    ${tabs(app, open, tab)}<div class="call-b">${talk(app, turns, { live: false, state: open.state })}${inspector(app, open, turns)}</div></article></section>`;
}

const waiting = open => (open.state === 'loading' ? t('loading') : open.state === 'gone' ? t('past.missing') : t('failed', { why: refusalWords(open.problem) }));

const back = app => html`<a class="btn ico backb" href=${app.href({ view: 'past', query: app.pastQuery() })} aria-label=${t('back')}>${icon('back')}</a>`;

const lengthOf = call => (call.dur_s != null ? call.dur_s * 1000 : Math.max(0, (call.ended ?? call.started) - call.started));

function facts(call) {
  const dot = html`<span class="dot" aria-hidden="true">·</span>`;
  return html`<p class="facts"><span class="num">${date(call.started)}, ${hours(call.started)}</span>${dot}<span class="num">${duration(lengthOf(call))}</span>${dot}<span>${outcomeWords(call.outcome)}</span>${call.operator ? html`${dot}<span lang="uk">${call.operator}</span>` : nothing}</p>`;
}

const trouble = call => (call.trouble
  ? html`<div class="trouble warn">${icon('warn')}<p><b>${troubleWords(call.trouble, call.ended ?? call.started)}.</b> ${hintWords(call.trouble.hint)}</p></div>`
  : nothing);

/** Each tool that was used, the slowest or the failed try of it, and the reply's p95. */
function measures(call) {
  const told = call.facts ?? toolFacts(call.turns ?? []);
  const p95 = call.p95_ms;
  if (!told.length && p95 == null) return nothing;
  return html`<h3>${t('past.facts')}</h3><dl class="facts-l">${told.map(fact => html`<dt>${fact.name}</dt>${fact.error
    ? html`<dd class="num warnt">${icon('warn')}<span class="vh">${t('tool.fail')}: </span>${fact.error}</dd>`
    : html`<dd class="num">${fact.ms != null ? html`${num(fact.ms)} ${t('u.ms')}` : fact.text ?? ''}</dd>`}`)}
    ${p95 == null ? nothing : html`<dt>${t('lat.h')}, p95</dt><dd class="num ${p95 > BUDGET ? 'warnt' : ''}">${num(p95)} ${t('u.ms')}</dd>`}</dl>`;
}

function toolFacts(turns) {
  const slowest = new Map();
  for (const { tool } of turns) {
    if (!tool) continue;
    const known = slowest.get(tool.name);
    const error = tool.status === 'fail' ? String(tool.error?.error ?? tool.error?.code ?? tool.brief ?? t('tool.fail')) : '';
    if (!known || error || (!known.error && tool.ms > known.ms)) slowest.set(tool.name, { name: tool.name, ms: tool.ms, error });
  }
  return [...slowest.values()];
}

/** *text* with what was searched for marked: [[from, to]], in characters. */
export function marked(text, marks = []) {
  const all = characters(text), parts = [];
  let at = 0;
  for (const [from, to] of [...marks].sort((a, b) => a[0] - b[0])) {
    if (from < at) continue;
    parts.push(all.slice(at, from).join(''), html`<mark>${all.slice(from, to).join('')}</mark>`);
    at = to;
  }
  parts.push(all.slice(at).join(''));
  return parts;
}
