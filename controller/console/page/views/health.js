// What we depend on: does it work, since when not, and what that means for those who call.

import { html, nothing, repeat } from '../lit.js';
import { num, t } from '../i18n.js';
import { hours } from '../format.js';
import { depName, depWords, refusalWords } from '../naming.js';
import { hour } from './charts.js';
import { icon } from './icon.js';

const GROUPS = ['tel', 'ai', 'shop', 'self'];

export function health(app) {
  const deps = [...app.board.health.values()];
  const groups = [...GROUPS, ...new Set(deps.map(dep => dep.group).filter(group => !GROUPS.includes(group)))];
  return html`<section class="view health" id="v-health" tabindex="-1"><div class="hw"><h1 tabindex="-1">${t('h.h')}</h1>${summary(deps)}
    ${deps.length ? html`<div class="dep dhead" aria-hidden="true"><span></span><span>${t('ops.state')}</span><span></span><span class="dp">p95</span><span class="de">${t('h.err')}</span><span>${t('h.hour')}</span><span class="dc">${t('h.chk.h')}</span></div>` : html`<p class="muted">${t(app.board.told ? 'h.none' : 'loading')}</p>`}
    ${groups.map(group => {
      const members = deps.filter(dep => dep.group === group);
      return members.length ? html`<section class="hg"><h2>${t(GROUPS.includes(group) ? `h.g.${group}` : 'h.g.other')}</h2><ul>${repeat(members, dep => dep.id, dep => row(app, dep))}</ul></section>` : nothing;
    })}</div></section>`;
}

function summary(deps) {
  const names = state => deps.filter(dep => dep.state === state).map(depName).join(', ');
  const down = names('down'), slow = names('slow');
  if (!down && !slow) return deps.length ? html`<p class="muted all-well">${t('h.sum.ok')}.</p>` : nothing;
  const level = down ? 'alarm' : 'warn';
  return html`<div class="trouble ${level}">${icon(level)}<p><b><span class="vh">${t(`sev.${level}`)}: </span>${down ? `${t('h.sum.down', { names: down })}. ` : ''}${slow ? `${t('h.sum.slow', { names: slow })}.` : ''}</b> ${t('h.imp')}</p></div>`;
}

function row(app, dep) {
  const well = dep.state === 'ok';
  const mark = { slow: 'warn', down: 'alarm' }[dep.state];
  const count = letter => [...(dep.minutes ?? '')].filter(found => found === letter).length;
  const checking = app.ui.checking.has(dep.id);
  const problem = app.ui.checkProblems.get(dep.id);
  return html`<li class="dep ${dep.state}" data-dep=${dep.id}><span class="dn"><b>${depName(dep)}</b></span>
    <span class="ds">${mark ? icon(mark) : nothing}<span>${t(`h.${dep.state}`)}</span>${well || !dep.since ? nothing : html` <span class="muted num">${t('h.since', { t: hours(dep.since) })}</span>`}</span>
    <span class="dd"><span lang="uk">${depWords(dep)}</span>${problem ? html` <span class="refusal" role="alert">${refusalWords(problem)}</span>` : nothing}${well || !app.checks() ? nothing : html`<button type="button" class="btn quiet" data-check aria-disabled=${checking ? 'true' : nothing} @click=${() => app.check(dep.id)}>${t(checking ? 'h.now' : 'h.retry')}</button>`}</span>
    <span class="dp"><span class="lb">p95</span> <span class="num">${dep.p95_ms == null ? '–' : html`${num(dep.p95_ms, 0)} ${t('u.ms')}`}</span></span>
    <span class="de"><span class="lb">${t('h.err')}</span> <span class="num">${dep.err_pct == null ? '–' : dep.err_pct ? `${num(dep.err_pct)} %` : '0'}</span></span>
    <span class="dg">${hour(dep.minutes, t('h.strip', { w: count('w'), d: count('d') }))}</span>
    <span class="dc muted num">${dep.checked ? t('h.chk', { s: Math.max(0, Math.round((app.now() - dep.checked) / 1000)) }) : '–'}</span></li>`;
}
