// Latency as pictures. Sizes are SVG attributes: the page's CSP allows no style attribute, and a number here is never text of others.

import { html, nothing, svg } from '../lit.js';
import { num } from '../i18n.js';
import { BUDGET, STAGES, atFault, level, total } from '../latency.js';

const stages = lat => STAGES.filter(stage => lat[stage] > 0);
const hot = (lat, stage) => (atFault(lat) === stage ? 'hot' : '');

/** The last replies of a call, oldest first, for its row. */
export function spark(lats) {
  const shown = (lats ?? []).slice(-7);
  if (!shown.length) return nothing;
  return html`<svg class="spark" viewBox="0 0 31 14" width="31" height="14" aria-hidden="true">${shown.map((ms, i) => {
    const tall = Math.min(13.5, Math.max(2, ms * 0.00466));
    return svg`<rect class=${level(ms)} x=${28 - 4 * (shown.length - 1 - i)} y=${14 - tall} width="3" height=${tall} rx=".5"></rect>`;
  })}</svg>`;
}

/** One reply, beside its words: three seconds wide. */
export function bar(lat) {
  let x = 0;
  return html`<svg class="hbar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">${stages(lat).map(stage => {
    const width = Math.min(100 - x, (lat[stage] / 3000) * 100);
    const rect = svg`<rect class="s-${stage} ${hot(lat, stage)}" x=${x} y="2" width=${Math.max(0, width - 0.8)} height="8"></rect>`;
    x += width;
    return rect;
  })}<rect class="tick" x=${(BUDGET / 3000) * 100} y="0" width=".9" height="12"></rect></svg>`;
}

const BASE = 91, TOP = 14, STEP = 42.5, WIDE = 26, COLUMNS = 8;

/** The last eight replies, [{number, lat}], with the budget's line. *words* is what it says to who cannot see it. */
export function columns(replies, words) {
  const shown = replies.slice(-COLUMNS);
  const most = Math.max(BUDGET * 1.36, ...shown.map(reply => total(reply.lat)));
  const scale = (BASE - TOP) / most;
  const line = BASE - BUDGET * scale;
  return html`<svg class="cols" viewBox="0 0 340 104" role="img" aria-label=${words}>${shown.map(({ number, lat }, i) => {
    const x = 8 + i * STEP, middle = x + WIDE / 2, sum = total(lat);
    let y = BASE;
    return svg`${stages(lat).map(stage => {
      const tall = lat[stage] * scale;
      y -= tall;
      return svg`<rect class="s-${stage} ${hot(lat, stage)}" x=${x} y=${y} width=${WIDE} height=${Math.max(1, tall - 0.8)}></rect>`;
    })}<text class="ct ${level(sum)}" x=${middle} y=${y - 4}>${num(sum / 1000, 1)}</text><text class="cx" x=${middle} y="103">${number}</text>`;
  })}<path class="bud" d="M0 ${line}H340"></path><path class="base" d="M0 92.5H340"></path></svg>`;
}

/** Sixty minutes of a neighbour: "." well, "m" one miss, "w" slow, "d" down; a space: not looked at. */
export function hour(minutes, words) {
  const marks = [...(minutes ?? '')].slice(-60);
  return html`<svg class="strip60" viewBox="0 0 179 16" preserveAspectRatio="none" role="img" aria-label=${words}>${marks.map((mark, i) => {
    const x = 3 * (i + 60 - marks.length), bad = mark === 'w' || mark === 'd';
    if (mark === ' ') return nothing;
    return svg`<rect class=${mark === '.' ? '' : mark} x=${x} y=${bad ? 0 : 4} width="2" height=${bad ? 16 : 8}></rect>`;
  })}</svg>`;
}
