// How loud a stream is, shown in a <meter>: 0 is silence, 1 as loud as it gets, in between by decibels as ears have it.

const EVERY_MS = 80;
const QUIETEST_DB = -60;

export class Level {
  constructor(audio, stream, meter) {
    this.meter = meter;
    this.source = audio.createMediaStreamSource(stream);
    this.ear = audio.createAnalyser();
    this.ear.fftSize = 2048;
    this.source.connect(this.ear);
    this.samples = new Float32Array(this.ear.fftSize);
    this.timer = setInterval(() => this.show(), EVERY_MS);
  }

  show() {
    this.ear.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    const decibels = 10 * Math.log10(power + 1e-12);
    this.meter.value = Math.max(0, 1 - decibels / QUIETEST_DB);
  }

  close() {
    clearInterval(this.timer);
    this.source.disconnect();
    this.meter.value = 0;
  }
}
