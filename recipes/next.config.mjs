const HEADWATER_URL = process.env.HEADWATER_URL ?? 'https://headwater.example';

export default {
  async rewrites() {
    // The scripts, pinned versions too (hw-0123456789ab.js).
    return ['/:script(hw[-0-9a-z]*\\.js)', '/api/event', '/api/hand-over'].map((path) => ({
      source: `/hw${path}`,
      destination: HEADWATER_URL + path.replace(/\(.*/, ''),
    }));
  },
};
