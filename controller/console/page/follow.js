// A place that shows the newest line until the reader scrolls away from it, and again once he is back at its end.

const NEAR_PX = 40;

export class Follower {
  constructor(selector, onChange) {
    Object.assign(this, { selector, onChange, following: true, place: null });
  }

  /** After each rendering: to the end, if that is where the reader is. */
  settle() {
    const place = document.querySelector(this.selector);
    if (place !== this.place) this.#watch(place);
    if (place && this.following) place.scrollTop = place.scrollHeight;
  }

  toEnd() {
    this.following = true;
    this.settle();
    this.onChange();
  }

  #watch(place) {
    this.place = place;
    this.following = true;
    this.observer?.disconnect();
    if (!place) return;
    let height = place.clientHeight;
    // A place that grows or shrinks scrolls too; only the reader's hand ends the following.
    this.observer = new ResizeObserver(() => { height = place.clientHeight; if (this.following) place.scrollTop = place.scrollHeight; });
    this.observer.observe(place);
    place.addEventListener('scroll', () => {
      if (place.clientHeight !== height || !place.clientHeight) return;
      const following = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR_PX;
      if (following === this.following) return;
      this.following = following;
      this.onChange();
    });
  }
}
