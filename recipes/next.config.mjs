const HEADWATER_URL = process.env.HEADWATER_URL ?? 'https://headwater.example';

export default {
  async rewrites() {
    return ['/hw.js', '/hw-cookieless.js', '/hw-more.js', '/api/event', '/api/hand-over'].map((path) => ({
      source: `/hw${path}`,
      destination: `${HEADWATER_URL}${path}`,
    }));
  },
};
