// Who waits, who can take them, and whom we promised to call back.

import { html, nothing, repeat } from '../lit.js';
import { t } from '../i18n.js';
import { date, duration, hours, startOfDay, telephone } from '../format.js';
import { callerName, queueName, refusalWords } from '../naming.js';
import { icon } from './icon.js';

const DAY_MS = 86_400_000;

export function ops(app) {
  const { board } = app;
  const waiting = [...board.queue.values()].sort((a, b) => (a.queue === b.queue ? a.pos - b.pos : a.since - b.since));
  const people = [...board.operators.values()];
  return html`<section class="view ops" id="v-ops"><h1 class="vh" tabindex="-1">${t('ops.h')}</h1>${kpis(app, waiting, people)}
    <div class="ops-l"><section aria-labelledby="h-q"><h2 id="h-q">${t('ops.queue')}</h2>${waiting.length
      ? html`<ol class="que">${repeat(waiting, item => item.call, item => waits(app, item))}</ol>` : html`<p class="muted">${t('q.none')}</p>`}</section>
      <section aria-labelledby="h-o"><h2 id="h-o">${t('ops.people')}</h2>${people.length ? table(app, people) : html`<p class="muted">${t('ops.none')}</p>`}</section></div>
    ${callbacks(app)}</section>`;
}

const overLimit = (app, item) => item.limit_s && app.now() - item.since > item.limit_s * 1000;
const overdue = (app, item) => item.state === 'open' && item.due < app.now();

function kpis(app, waiting, people) {
  const longest = Math.max(0, ...waiting.map(item => app.now() - item.since));
  const late = waiting.some(item => overLimit(app, item));
  const online = people.filter(person => person.state !== 'off');
  const free = online.filter(person => person.state === 'free').length;
  const due = [...app.board.callbacks.values()].filter(item => overdue(app, item)).length;
  return html`<ul class="kpis"><li><b class="num">${waiting.length}</b>${t('ops.wait', { n: waiting.length })}</li>
    <li class=${late ? 'late' : ''}><b class="num">${waiting.length ? duration(longest) : '–'}</b>${t('ops.longest')}</li>
    <li><b class="num">${free}</b>${t('ops.free', { n: free, of: online.length })}</li>
    <li class=${due ? 'late' : ''}><b class="num">${due}</b>${t('ops.over', { n: due })}</li></ul>`;
}

function waits(app, item) {
  const call = app.board.calls.get(item.call);
  const late = overLimit(app, item);
  const who = call ? callerName(call.caller) : item.name ?? telephone(item.tel) ?? item.call;
  return html`<li class=${late ? 'warn' : ''}><span class="num pos"><span class="vh">${t('q.pos')} </span>${item.pos}</span>
    <span class="qm">${call ? html`<a class="to" href=${app.href({ view: 'live', id: item.call })}><b lang="uk">${who}</b></a>` : html`<b lang="uk">${who}</b>`}<span class="muted" lang="uk">${queueName(item.queue)}${call?.topic ? `: ${call.topic}` : ''}</span></span>
    <span class="num wt">${late ? html`${icon('warn')}<span class="vh">${t('q.over')} </span>` : nothing}${duration(app.now() - item.since)}</span></li>`;
}

const ORDER = ['free', 'call', 'wrap', 'pause', 'off'];

function table(app, people) {
  const sorted = people.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.name < b.name ? -1 : 1));
  return html`<div class="tw"><table class="people"><thead><tr><th scope="col">${t('ops.name')}</th><th scope="col">${t('ops.state')}</th><th scope="col" class="r">${t('ops.since')}</th><th scope="col" class="cur">${t('ops.now')}</th><th scope="col" class="r">${t('ops.today')}</th><th scope="col" class="r">${t('ops.avg')}</th></tr></thead>
    <tbody>${repeat(sorted, person => person.id, person => row(app, person))}</tbody></table></div>`;
}

function row(app, person) {
  const long = person.limit_s && person.since && app.now() - person.since > person.limit_s * 1000 && (person.state === 'pause' || person.state === 'wrap');
  const call = person.call ? app.board.calls.get(person.call) : null;
  return html`<tr class="is-${person.state}"><th scope="row"><span class="pn2" lang="uk"><b>${person.name}</b><span class="muted">${queueName(person.queue)}</span></span></th>
    <td class="stt">${t(`os.${person.state}`)}${long ? html`<span class="flag">${icon('warn')}${t('os.long')}</span>` : nothing}</td><td class="r num">${person.since ? duration(app.now() - person.since) : '–'}</td>
    <td class="cur">${call ? html`<a class="to" lang="uk" href=${app.href({ view: 'live', id: call.id })}>${callerName(call.caller)}</a>` : '–'}</td><td class="r num">${person.today ?? '–'}</td><td class="r num">${person.avg_s ? duration(person.avg_s * 1000) : '–'}</td></tr>`;
}

function callbacks(app) {
  const { ui } = app;
  const all = [...app.board.callbacks.values()];
  const shown = all.filter(item => (item.state === 'done') === ui.doneCallbacks).sort((a, b) => (a.due ?? Infinity) - (b.due ?? Infinity) || (a.id < b.id ? -1 : 1));
  const open = all.filter(item => item.state !== 'done').length;
  const chip = (done, words) => html`<button type="button" class="chip" aria-pressed=${ui.doneCallbacks === done ? 'true' : 'false'} @click=${() => app.set({ doneCallbacks: done })}>${words}</button>`;
  return html`<section class="cbs" aria-labelledby="h-cb"><div class="sec-h"><h2 id="h-cb">${t('cb.h')} <span class="num n">${open}</span></h2><div class="chips">${chip(false, t('cb.f.open'))}${chip(true, t('cb.f.done'))}</div></div>
    ${shown.length ? html`<ol>${repeat(shown, item => item.id, item => callback(app, item))}</ol>` : html`<p class="muted">${t(ui.doneCallbacks ? 'cb.none.done' : 'cb.empty')}</p>`}</section>`;
}

function callback(app, item) {
  const late = overdue(app, item);
  const problem = app.ui.callbackProblems.get(item.id);
  const sure = app.ui.sure === item.id;
  const dot = html`<span class="dot" aria-hidden="true">·</span> `;
  return html`<li class="cb ${late ? 'late' : ''}" data-callback=${item.id}><div class="cb-m"><p class="cb-w" lang="uk"><b>${item.name || telephone(item.tel) || t('c.withheld')}</b></p><p class="cb-r" lang="uk">${item.why}</p>
      <p class="muted cb-o">${item.name ? html`<span class="num">${telephone(item.tel)}</span>${dot}` : nothing}${item.owner ? html`<span lang="uk">${item.owner}</span>` : html`<span>${t('cb.no')}</span>`}${item.tries ? html`${dot}<span>${t('cb.try', { n: item.tries })}</span>` : nothing}</p>
      ${problem ? html`<p class="refusal" role="alert">${refusalWords(problem)}</p>` : nothing}</div>
    <span class="when num ${late ? 'late' : ''}">${item.state === 'done' ? t('cb.done') : late ? html`${icon('warn')}${t('cb.over', { t: lateness(app.now() - item.due) })}` : by(app, item.due)}</span>
    ${item.state === 'done' || !app.acts() ? nothing : html`<div class="cb-a"><button type="button" class="btn" data-cb="dial" @click=${() => app.callback(item.id, 'dial')}>${t('cb.call')}</button>
      <button type="button" class="btn ${sure ? 'danger' : 'quiet'}" data-cb="done" @click=${() => app.callback(item.id, 'done')}>${t(sure ? 'cb.sure' : 'cb.done')}</button></div>`}</li>`;
}

function lateness(ms) {
  const minutes = Math.floor(ms / 60_000), h = Math.floor(minutes / 60), days = Math.floor(h / 24);
  if (days) return `${days} × 24 ${t('u.h')}`;
  return h ? `${h} ${t('u.h')} ${minutes % 60} ${t('u.min')}` : `${minutes} ${t('u.min')}`;
}

function by(app, due) {
  if (!due) return '–';
  const days = Math.round((startOfDay(due) - startOfDay(app.now())) / DAY_MS);
  if (days <= 0) return t('cb.by', { t: hours(due) });
  return days === 1 ? t('cb.tom', { t: hours(due) }) : t('cb.at', { d: date(due), t: hours(due) });
}
