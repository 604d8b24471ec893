import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createRedactor } from './redaction.js';
import { createNameRule } from './secrets/secret-names.js';
import { redactText } from './secrets/secret-text.js';

const JWT =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const GITHUB = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const BASE64 = 'MIIEpAIBAAKCAQEAx7Qd0Yb3n5vJk8Zq1m2s4u6w8y0A2C4E6G8I0K2M4O6Q8S0U';
const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${BASE64}\n${BASE64}\n-----END RSA PRIVATE KEY-----`;
const ENCRYPTED_PEM = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n${BASE64}\n-----END RSA PRIVATE KEY-----`;
const CARD = '4111111111111111';

describe('a name', () => {
  const isSecret = createNameRule({});

  it.each(
    `password passwd pwd pass passphrase secret secrets client_secret token tokens access_token accessToken accesstoken
    refresh_token id_token csrfmiddlewaretoken session session_id sessionId sessionid SESSIONID JSESSIONID PHPSESSID connect.sid
    laravel_session usersession key api_key apiKey api-key APIKEY APIKey x-api-key X-API-Key apiKey2 api.key access_key_id
    AWSAccessKeyId awsaccesskeyid X-Amz-Signature X-Amz-Credential X-Amz-Security-Token x-amz-securitytoken X-Goog-Signature
    Signature sig auth authToken auth_token basicauth Authorization proxy-authorization authorization_header oauth2 bearer
    userPassword userpassword userpasswordhash password2 passwords pass_word pASSWORD credential credentials
    aws.credentials cookie cookies set-cookie http.request.header.cookie http.response.header.set-cookie csrf xsrf x-csrf-token
    X-XSRF-TOKEN xcsrftoken jwt otp otps ssn cvv cvc pin pins credit_card credit_card_number creditCardNumber creditcard
    credit-debit-card cardNumber card_number private_key privateKey private-key ssh_private_key sshkey user[password]
    data.user.password db.connection.password ｐａｓｓｗｏｒｄ pass\u200bword rawHeaders`.split(/\s+/),
  )('%s is secret', (name) => {
    expect(isSecret(name)).toBe(true);
    expect(isSecret(name.toUpperCase())).toBe(true);
  });

  it.each(
    `monkey author authors authority authentic keyboard tokenizer tokenize passenger compass bypass passed secretary secretariat
    turkey hockey keyword hotkeys_enabled obsession possession pinned spin option stopped design signal assign sidebar inside
    accredited_cards credit user.id tenant order_id page sort q k8s.id http.route http.request.method http.request.method_original
    http.response.status_code url.path url.query url.scheme error.type exception.type exception.message exception.stacktrace
    server.address server.port client.address client.port network.peer.address network.protocol.version user_agent.original
    code.function.name code.file.path service.name db.system.name db.query.text gen_ai.usage.input_tokens feature_flag.key
    messaging.kafka.message.key ferret.dropped_attributes ferret.caller.trace_id ferret.caller.span_id __proto__ constructor toString
    hasOwnProperty`.split(/\s+/),
  )('%s is not secret', (name) => {
    expect(isSecret(name)).toBe(false);
  });

  it('that is empty, or has only symbols, is not secret', () => {
    for (const name of ['', '...', '\0', '\ud800']) expect(isSecret(name)).toBe(false);
  });

  it('is judged as a whole up to 1,024 characters, and secret if it is longer', () => {
    expect(isSecret(`${'a.'.repeat(200)}password${'.a'.repeat(200)}`)).toBe(true);
    expect(isSecret('a.'.repeat(400))).toBe(false);
    expect(isSecret('a'.repeat(1025))).toBe(true);
  });

  it('is judged the same after any number of other names', () => {
    for (let index = 0; index < 5000; index++) isSecret(`name${index}`);
    expect(isSecret('password')).toBe(true);
    expect(isSecret('page')).toBe(false);
  });

  it('is secret in any case and with any separators when the user says so', () => {
    const rule = createNameRule({ names: ['tax_id', 'пароль', '', '--'] });
    for (const name of [
      'tax_id',
      'taxId',
      'TAX-ID',
      'taxid',
      'user.tax.id',
      'userTaxId',
      'ПАРОЛЬ',
      'user.пароль',
      'password',
    ])
      expect(rule(name), name).toBe(true);
    for (const name of ['tax', 'id', 'syntax_ids_', 'имя', '...']) expect(rule(name), name).toBe(false);
  });

  it('is not secret when the user allows exactly this name', () => {
    const rule = createNameRule({ names: ['badge'], allow: ['token_count', 'badge'] });
    expect(rule('tokenCount')).toBe(false);
    expect(rule('badge')).toBe(false);
    expect(rule('user.token_count')).toBe(true);
    expect(rule('token')).toBe(true);
  });

  it.each([
    'messaging.kafka.message.key',
    'feature_flag.key',
    'aws.s3.key',
    'gen_ai.token.type',
    'gen_ai.request.max_tokens',
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.total_tokens',
  ])('K12: %s is allowed in this spelling only', (name) => {
    expect(isSecret(name)).toBe(false);
    const words = name.split(/[._]/);
    const camel = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
    for (const other of [words.join('_').toUpperCase(), words.join('_'), words.join('-'), camel]) {
      if (other !== name) expect(isSecret(other), other).toBe(true);
    }
    const redactor = createRedactor({}, () => {});
    expect(redactor.text(`${words.join('_').toUpperCase()}=C4N4RY`)).not.toContain('C4N4RY');
  });

  it('K12: that the user allows stays secret as an environment variable, and in other words of the same letters', () => {
    const rule = createNameRule({ allow: ['token_count', 'aws.s3.key', 'MY_KEY'] });
    for (const name of ['token_count', 'tokenCount', 'token.count', 'Token-Count', 'aws.s3.key', 'MY_KEY'])
      expect(rule(name), name).toBe(false);
    for (const name of ['TOKEN_COUNT', 'AWS_S3_KEY', 'tokenCo_unt', 'token_counts', 'YOUR_MY_KEY'])
      expect(rule(name), name).toBe(true);
  });

  it("is judged only by the user's list when that replaces the built-in one", () => {
    const rule = createNameRule({ names: ['badge'], replaceNames: true });
    expect(rule('staffBadge')).toBe(true);
    for (const name of ['password', 'credit_card', 'accesstoken']) expect(rule(name)).toBe(false);
    expect(createNameRule({ replaceNames: true })('password')).toBe(false);
  });

  it('is secret if it contains a secret word in any position', () => {
    const word = fc.constantFrom('user', 'x', 'amz', 'my', '2', 'data');
    const secret = fc.constantFrom('password', 'token', 'key', 'cookie', 'auth', 'session', 'pin', 'sig', 'jwt');
    const separator = fc.constantFrom('-', '_', '.', ' ', ':', '[', '/');
    fc.assert(
      fc.property(fc.array(word), secret, fc.array(word), separator, (before, name, after, by) => {
        const words = [...before, name, ...after];
        const camel = words.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
        expect(isSecret(words.join(by))).toBe(true);
        expect(isSecret(words.join(by).toUpperCase())).toBe(true);
        expect(isSecret(camel)).toBe(true);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => typeof isSecret(name) === 'boolean'));
  });
});

describe('a text', () => {
  it.each([
    ['a bearer token', `Bearer ${JWT}`, 'Bearer REDACTED'],
    ['an opaque bearer token', 'sent bearer  abc.def!ghi, and failed', 'sent bearer REDACTED, and failed'],
    ['a bearer token after a tab', 'BEARER\tabc', 'BEARER\tREDACTED'],
    ['Basic credentials', 'Basic dXNlcjpwYXNz', 'Basic REDACTED'],
    [
      'a header line',
      'GET /\r\nAuthorization: Digest a="b"\r\nAccept: x',
      'GET /\r\nAuthorization: REDACTED\r\nAccept: x',
    ],
    ['cookies', 'cookie: a=b; c=d', 'cookie: REDACTED'],
    ['a JWT', `jwt is ${JWT}.`, 'jwt is REDACTED'],
    ['a JWT after an underscore', `t_${JWT}`, 't_REDACTED'],
    ['a cut JWT', JWT.slice(0, 50), 'REDACTED'],
    ['an encrypted token of five parts', `${JWT}.abc.def!`, 'REDACTED!'],
    ['a PEM block', `key:\n${PEM}\nend`, 'key:\nREDACTED\nend'],
    ['an encrypted PEM block', ENCRYPTED_PEM, 'REDACTED'],
    ['two PEM blocks', `${PEM} and ${PEM}`, 'REDACTED and REDACTED'],
    ['a PEM block with its lines escaped', JSON.stringify(PEM), '"REDACTED"'],
    ['a PEM block without its end', PEM.slice(0, 80), 'REDACTED'],
    ['a PEM block without its beginning', `(${PEM.slice(60)})`, '(REDACTED)'],
    ['a GitHub token', `token ${GITHUB}!`, 'token REDACTED!'],
    ['a GitHub token after an underscore', `x_${GITHUB}`, 'x_REDACTED'],
    ['a fine-grained GitHub token', 'github_pat_11ABCDEFG0_abcdefghijklmnop', 'REDACTED'],
    ['a GitLab token', 'glpat-abcdefghij0123456789', 'REDACTED'],
    ['an npm token', 'npm_abcdefghij0123456789', 'REDACTED'],
    ['a Slack token', 'xoxb-123456789012-abcdef', 'REDACTED'],
    ['a Stripe key', ['sk', 'live', '4eC39HqLyjWDarjtT1zdp7dc'].join('_'), 'REDACTED'],
    ['an AWS key', 'AKIAIOSFODNN7EXAMPLE', 'REDACTED'],
    ['a Google key', `AIza${'x1'.repeat(18)}`, 'REDACTED'],
    ['an OpenAI key', `sk-proj-${'x1'.repeat(18)}`, 'REDACTED'],
    ['a card number', `card ${CARD}.`, 'card REDACTED.'],
    ['a card number in groups', '4111 1111 1111 1111', 'REDACTED'],
    ['a card number with dashes', '4111-1111-1111-1111-', 'REDACTED-'],
    ['a card number with hard spaces', '4111\u00a01111\u00a01111\u00a01111', 'REDACTED'],
    ['an American Express number', '3782 822463 10005', 'REDACTED'],
    ['a card number among other numbers', '2024 4111 1111 1111 1111 123 12', '2024 REDACTED 123 12'],
    ['two card numbers', '4111111111111111 5500005555555559', 'REDACTED REDACTED'],
    ['the user of a URL', 'postgres://bob:hunter2@db/x', 'postgres://REDACTED@db/x'],
    ['a password with @', 'https://user:p@ss@host/a', 'https://REDACTED@host/a'],
    ['a password with / and #', 'mysql://user:p/a#ss@host/a', 'mysql://REDACTED@host/a'],
    ['the user of an escaped URL', 'https:\\/\\/u:p@h', 'https:\\/\\/REDACTED@h'],
    ['the users of many URLs', 'a://b@c d://e:f@g', 'a://REDACTED@c d://REDACTED@g'],
  ])('loses %s', (_what, text, expected) => {
    expect(redactText(text)).toBe(expected);
    expect(redactText(expected)).toBe(expected);
    expect(createRedactor({}, () => {}).text(text)).not.toBe(text); // It is worth a look, too.
  });

  it.each([
    '',
    '/api/users/42/monkeys_and_more',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'https://medium.com/@someone/a-post',
    'http://localhost:3000/@scope/pkg?mail=a@b.c',
    'http://[::1]:3000/@scope',
    'someone@example.com',
    '1700000000000',
    '4111111111111112',
    '0000000000000000',
    '550e8400-e29b-41d4-a716-446655440000',
    '3.14159265358979',
    'keyJsonParser.surveyJourneys',
    'basic information',
    'task-force_one',
    '----- a line -----',
    '\ud800 \0 \uffff',
  ])('keeps %j', (text) => {
    expect(redactText(text)).toBe(text);
  });
});

describe('a redactor', () => {
  const redactor = createRedactor({ names: ['tax_id'], allow: ['token_count'] }, () => {});

  it.each([
    [
      'GET https://h/p?a=1&api_key=abc&X-Amz-Signature=0f0f failed',
      'GET https://h/p?a=1&api_key=REDACTED&X-Amz-Signature=REDACTED failed',
    ],
    ['user[password]=x&b=2', 'user[password]=REDACTED&b=2'],
    ['user%5Bpassword%5D=x&b=2', 'user%5Bpassword%5D=REDACTED&b=2'],
    ['tokens[]=x&b=2', 'tokens[]=REDACTED&b=2'],
    ['Server=db;Password=hunter2;Encrypt=1', 'Server=db;Password=REDACTED;Encrypt=1'],
    ['{"password":"hun\\"ter2","b":"password=x"}', '{"password":"REDACTED","b":"password=REDACTED"}'],
    ['{"a":"{\\"password\\":\\"hunter2\\"}"}', '{"a":"{\\"password\\":\\"REDACTED\\"}"}'],
    ['{"pin": 1234, "b": 2}', '{"pin": REDACTED, "b": 2}'],
    ['{"tokens":["a","b]"],"b":{"secret":{"c":["d"]}},"e":1}', '{"tokens":REDACTED,"b":{"secret":REDACTED},"e":1}'],
    ['{"tokens":["a","b', '{"tokens":REDACTED'],
    ["{ password: 'hunter2', a: 'b' }", "{ password: 'REDACTED', a: 'b' }"],
    ["where secret = 'x'", "where secret = 'REDACTED'"],
    ['"password":"hunter', '"password":"REDACTED'],
    ['taxId=1&token_count=2', 'taxId=REDACTED&token_count=2'],
  ])('replaces the values of secret names in %s', (text, expected) => {
    expect(redactor.text(text)).toBe(expected);
    expect(redactor.text(expected)).toBe(expected);
  });

  it.each([
    'page=2&sort=name',
    'Unexpected token: }',
    'key => value, token === x, token=',
    '{"a":"b"}',
    `${'x'.repeat(200)}==`,
    'at run (file:///srv/app/key.js:10:5)',
  ])('keeps %s', (text) => {
    expect(redactor.text(text)).toBe(text);
  });

  it('never lets a secret through, in any position of a text', () => {
    const canary = 'c4n4ryS3cr3t';
    const secrets = fc.constantFrom(
      `Bearer ${canary}`,
      `://user:${canary}@host/`,
      `://u:x@${canary}@host/`,
      `?api_key=${canary}&`,
      `"password":"${canary}"`,
      `ghp_${canary}${canary}`,
      `-----BEGIN PRIVATE KEY-----\n${canary}\n`,
      `Cookie: a=b; c=${canary}\n`,
    );
    const around = fc.string({ unit: fc.constantFrom(...'ab1 .,;:/?#@&-_\n') });
    fc.assert(
      fc.property(around, secrets, around, (before, secret, after) => {
        expect(redactor.text(`${before} ${secret} ${after}`)).not.toContain(canary);
      }),
    );
  });

  it.each([129, 200, 500, 1000, 1900])('K13: a name of %i characters hides no value', (length) => {
    for (const filler of ['x', 'a.', 'a_', 'a-', 'é']) {
      const name = `${filler.repeat(length).slice(0, length)}_password`;
      for (const text of [`${name}=C4N4RY`, `"${name}": "C4N4RY"`, `${name}: C4N4RY`, `/a/${name}=C4N4RY`]) {
        expect(redactor.text(text), text).not.toContain('C4N4RY');
        expect(redactor.text(encodeURIComponent(text)), text).not.toContain('C4N4RY');
      }
      expect(redactor.isSecretName(name)).toBe(true);
    }
  });

  it('accepts any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof redactor.text(text) === 'string'));
  });

  it('takes time in proportion to the length of hostile texts (FAULTS 45)', () => {
    // biome-ignore format: a list of texts
    const pieces = [
      'a', '1', '1 ', '4111-', '://', '://a:', '@', '://a@', 'eyJ', 'eyJaaaa.', 'bearer ', 'bearer', ' ', 'basic ', 'basic aaaa', '_',
      '-----BEGIN ', '-----BEGIN A-----', '-----END ', '-----END', 'A ', '\\', '"', '"a":', '"key":[', '[', 'key="', 'key=', 'a=', '=',
      'a.', 'token', 'sk-', 'ghp_', 'cookie:', 'cookie: ', 'aA', 'Aa', '%', "'", ':"', 'password', '\ud800',
    ];
    const before = process.cpuUsage();
    for (const piece of pieces) {
      const rule = createRedactor({ names: ['tax_id'] }, () => {});
      for (const factor of [1, 2, 4]) {
        const text = piece.repeat(Math.ceil((25_600 * factor) / piece.length));
        rule.text(text);
        rule.text(`key="${text}`);
        rule.text(`bearer ${text}`);
        rule.text(`-----BEGIN A-----${text}@`);
        rule.isSecretName(text);
      }
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(5000);
  });

  it("passes each attribute to the application's redactor, and returns the result", () => {
    const own = createRedactor(
      { redactor: (name, value) => (name === 'a' ? undefined : `${name}: ${value}`) },
      () => {},
    );
    expect(own.attribute('a', 1)).toBeUndefined();
    expect(own.attribute('b', 1)).toBe('b: 1');
    expect(redactor.attribute('a', 'x')).toBe('x');
  });

  it("leaves an attribute out, and reports it, when the application's redactor throws or is asynchronous", async () => {
    const onFault = vi.fn();
    const failure = new Error('mine');
    const throwing = createRedactor(
      {
        redactor: () => {
          throw failure;
        },
      },
      onFault,
    );
    expect(throwing.attribute('a', 'raw')).toBeUndefined();
    expect(onFault).toHaveBeenLastCalledWith(failure);

    const asynchronous = createRedactor({ redactor: (() => Promise.reject(failure)) as never }, onFault);
    expect(asynchronous.attribute('a', 'raw')).toBeUndefined();
    expect(onFault).toHaveBeenLastCalledWith(expect.any(TypeError));
    await new Promise(setImmediate); // Vitest fails the run if a rejection is unhandled.
  });
});
