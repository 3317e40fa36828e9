import { svg } from '../lit.js';

/** A picture of the sprite in index.html. It never says anything alone: words stand beside it. */
export const icon = (name, extra = '') => svg`<svg class="i ${extra}" aria-hidden="true"><use href="#i-${name}"></use></svg>`;
