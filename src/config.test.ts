import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ConfigError, readConfig } from './config.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-config-'));
after(() => rmSync(dir, { recursive: true }));
const base = { HEADWATER_DATA: dir };

describe('settings', () => {
  it('has defaults for everything', () => {
    const config = readConfig(base);
    assert.equal(config.port, 1323);
    assert.equal(config.host, '0.0.0.0');
    assert.equal(config.publicUrl, 'http://localhost:1323');
    assert.equal(config.databaseUrl, null);
    assert.equal(config.clickhouseUrl, null);
  });

  it('creates its secret once, readable by the owner only', () => {
    const first = readConfig(base).secret;
    assert.equal(readConfig(base).secret, first);
    assert.equal(readFileSync(join(dir, 'secret'), 'utf8').trim(), first);
    assert.equal(statSync(join(dir, 'secret')).mode & 0o777, 0o600);
  });

  it('takes the public address as browsers write it', () => {
    const publicUrl = (HEADWATER_URL: string) => readConfig({ ...base, HEADWATER_URL }).publicUrl;
    assert.equal(publicUrl('HTTPS://Stats.Example.com:443/'), 'https://stats.example.com');
    assert.equal(publicUrl('http://localhost:1323'), 'http://localhost:1323');
  });

  it('treats an empty variable as unset', () => {
    assert.equal(readConfig({ ...base, PORT: '', DATABASE_URL: '' }).port, 1323);
  });

  const bad: [name: string, value: string, message: RegExp][] = [
    ['PORT', 'http', /^PORT: must be a whole number from 0 to 65535 \(got "http"\)/],
    ['PORT', '70000', /^PORT: /],
    ['HEADWATER_URL', 'stats.example.com', /^HEADWATER_URL: /],
    ['HEADWATER_URL', 'ftp://stats.example.com', /^HEADWATER_URL: /],
    ['HEADWATER_URL', 'https://example.com/stats', /^HEADWATER_URL: must be a host alone/],
    ['HEADWATER_URL', 'https://stats.example.com/?lang=en', /^HEADWATER_URL: must be a host alone/],
    ['HEADWATER_URL', 'https://stats.example.com#top', /^HEADWATER_URL: must be a host alone/],
    ['HEADWATER_URL', 'https://me:word@stats.example.com', /^HEADWATER_URL: must be a host alone/],
    ['HEADWATER_RATES_URL', 'file:///etc/passwd', /^HEADWATER_RATES_URL: must be an http:\/\//],
    ['DATABASE_URL', 'mysql://localhost/db', /^DATABASE_URL: must be a postgres:\/\/ address/],
    ['CLICKHOUSE_URL', 'clickhouse://localhost:9000', /^CLICKHOUSE_URL: must be an http:\/\//],
    ['HEADWATER_SECRET', 'changeme', /^HEADWATER_SECRET: looks like a placeholder/],
    ['HEADWATER_SECRET', 'your-secret-goes-here', /^HEADWATER_SECRET: looks like a placeholder/],
    ['HEADWATER_SECRET', 'change-me-please-1234', /^HEADWATER_SECRET: looks like a placeholder/],
    ['HEADWATER_SECRET', 'abababababababababab', /^HEADWATER_SECRET: looks like a placeholder/],
    ['HEADWATER_TRUSTED_PROXIES', 'loopback, proxy.internal', /^HEADWATER_TRUSTED_PROXIES: "proxy.internal"/],
    ['HEADWATER_TRUSTED_PROXIES', '10.0.0.0/33', /^HEADWATER_TRUSTED_PROXIES: /],
    ['HEADWATER_SECRET', 'short', /^HEADWATER_SECRET: /],
    ['HEADWATER_LOG_LEVEL', 'loud', /^HEADWATER_LOG_LEVEL: must be one of fatal, error,/],
    ['HEADWATER_GEO_DATABASE', '/nowhere/geo.mmdb', /^HEADWATER_GEO_DATABASE: no file/],
    ['HEADWATER_DATA', join(dir, 'secret', 'below-a-file'), /^HEADWATER_DATA: cannot write/],
    ['HEADWATER_DATA', join(dir, 'secret'), /^HEADWATER_DATA: cannot write/],
  ];
  for (const [name, value, message] of bad) {
    it(`refuses ${name}=${value} in one line`, () => {
      assert.throws(
        () => readConfig({ ...base, [name]: value }),
        (error: Error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, message);
          assert.ok(!error.message.includes('\n'));
          return true;
        },
      );
    });
  }

  it('refuses an empty secret file instead of sealing with nothing', () => {
    const broken = mkdtempSync(join(tmpdir(), 'headwater-config-'));
    writeFileSync(join(broken, 'secret'), '');
    assert.throws(() => readConfig({ HEADWATER_DATA: broken }), /is empty or cut; restore it/);
    rmSync(broken, { recursive: true });
  });
});
