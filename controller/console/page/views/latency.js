// How long the caller waited for each reply: a chart, and the same as numbers.

import { html, nothing } from '../lit.js';
import { num, t } from '../i18n.js';
import { BUDGET, BUDGETS, STAGES, atFault, level, percentile, total } from '../latency.js';
import { columns } from './charts.js';
import { icon } from './icon.js';

export function latency(app, turns) {
  const replies = turns.filter(turn => turn.who === 'agent' && turn.lat && total(turn.lat)).map((turn, i) => ({ number: i + 1, lat: turn.lat }));
  const sums = replies.map(reply => total(reply.lat));
  const stages = STAGES.filter(stage => stage in BUDGETS || replies.some(reply => reply.lat[stage] > 0));
  return html`<section class="lat" aria-labelledby="h-lat"><div class="sec-h"><h2 id="h-lat">${t('lat.h')}</h2>${replies.length
    ? html`<span class="muted num">${t('lat.p50')} ${num(percentile(sums, 0.5))}, p95 ${num(percentile(sums, 0.95))} ${t('u.ms')}</span>` : nothing}</div>
    ${replies.length ? html`${columns(replies, t('lat.img', { list: sums.map(ms => num(ms)).join(', '), budget: BUDGET }))}${legend(stages)}${table(app, replies, stages)}` : html`<p class="muted">${t('lat.none')}</p>`}</section>`;
}

const legend = stages => html`<ul class="legend">${stages.map(stage => html`<li><i class="k s-${stage}"></i>${t(`lat.${stage}`)} ${stage in BUDGETS ? html`<span class="num">≤ ${BUDGETS[stage]}</span>` : nothing}</li>`)}
  <li><i class="k hot"></i>${t('lat.over')}</li><li><i class="k budk"></i>${t('lat.budget', { s: num(BUDGET / 1000, 1) })}</li></ul>`;

function table(app, replies, stages) {
  return html`<details class="asnum" ?open=${app.isPhone()}><summary>${icon('chev', 'chev')}${t('lat.table')}</summary><table class="nums"><thead><tr><th scope="col">${t('lat.turn')}</th>${stages.map(stage => html`<th scope="col">${t(`lat.${stage}`)}</th>`)}<th scope="col">${t('lat.sum')}</th></tr></thead>
    <tbody>${replies.map(({ number, lat }) => html`<tr><th scope="row" class="num">${number}</th>${stages.map(stage => html`<td class="num ${atFault(lat) === stage ? 'hot' : ''}">${lat[stage] ? num(lat[stage]) : '–'}</td>`)}<td class="num sum ${level(total(lat))}">${num(total(lat))}</td></tr>`)}</tbody></table></details>`;
}
