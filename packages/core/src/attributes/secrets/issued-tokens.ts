/** A family of tokens that its issuer marks with a prefix. */
export interface TokenFamily {
  readonly issuer: string;
  /** The prefixes of the tokens, as plain text. */
  readonly prefixes: readonly string[];
  /**
   * The source of a regular expression for the part after the prefix. It must take linear time. Default {@link BODY}.
   */
  readonly body?: string;
  /** Whether the prefix is kept in the text, because it is a host or a scheme. */
  readonly keepsPrefix?: true;
  /** The publication that documents the prefix. */
  readonly source: string;
}

/** A token that is recognised by a text in its middle or at its end. */
export interface TokenShape {
  readonly issuer: string;
  /** A text that every such token contains. */
  readonly anchor: string;
  /**
   * The source of a regular expression for the whole token. Its group captures a part before the match that belongs to
   * the token.
   */
  readonly pattern: string;
  readonly source: string;
}

/*
 * Sources: a name after `gitleaks:` is the id of a rule in
 * https://github.com/gitleaks/gitleaks/blob/b58d3f102cf3/config/gitleaks.toml, and one after `trufflehog:` a directory
 * of https://github.com/trufflesecurity/trufflehog/tree/3ab759fef4bb/pkg/detectors. Bodies are shorter here than they
 * are published: a token may have been cut.
 */

/** The body after prefixes that no ordinary word has. */
export const BODY = '[\\w-]{10,}';
/**
 * The body after prefixes that ordinary names have too, such as `npm_lifecycle_event`: only letters and digits, and
 * either long or with a digit.
 */
const SOLID = '(?:[A-Za-z0-9]{20,}|(?=[A-Za-z]*\\d)[A-Za-z0-9]{10,})';
/** Like {@link SOLID}, but with `_` and `-`: long, and with a digit. */
const MIXED = '(?=[A-Za-z_-]{0,64}\\d)[\\w-]{16,}';
const HEX = '[0-9a-fA-F]{16,}';

// biome-ignore format: a table
export const TOKEN_FAMILIES: readonly TokenFamily[] = [
  // Source hosting, packages, builds
  { issuer: 'GitHub', prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'], source: 'gitleaks: github-pat, github-oauth, github-app-token, github-refresh-token, github-fine-grained-pat' },
  { issuer: 'GitLab', prefixes: ['glpat-', 'gldt-', 'glrt-', 'glrtr-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'glwt-', 'gloas-', 'glsoat-', 'glffct-'], body: '[\\w.-]{10,}', source: 'https://docs.gitlab.com/security/tokens/#token-prefixes; gitleaks: gitlab-*' },
  { issuer: 'GitLab', prefixes: ['GR1348941'], source: 'gitleaks: gitlab-rrt' },
  { issuer: 'Bitbucket', prefixes: ['ATBB'], body: '[A-Za-z0-9_=.-]{16,}', source: 'trufflehog: bitbucketapppassword' },
  { issuer: 'Atlassian', prefixes: ['ATATT3', 'ATCTT3'], body: '[A-Za-z0-9+/=_-]{16,}', source: 'trufflehog: jiratoken/v2, atlassian/v2' },
  { issuer: 'npm', prefixes: ['npm_'], body: SOLID, source: 'gitleaks: npm-access-token' },
  { issuer: 'PyPI', prefixes: ['pypi-AgE'], source: 'gitleaks: pypi-upload-token' },
  { issuer: 'RubyGems', prefixes: ['rubygems_'], body: HEX, source: 'gitleaks: rubygems-api-token' },
  { issuer: 'Clojars', prefixes: ['CLOJARS_'], body: '[A-Za-z0-9]{16,}', source: 'gitleaks: clojars-api-token' },
  { issuer: 'Docker', prefixes: ['dckr_pat_', 'dckr_oat_'], source: 'trufflehog: dockerhub/v2' },
  { issuer: 'JFrog', prefixes: ['AKCp'], body: '[A-Za-z0-9]{40,}', source: 'gitleaks: artifactory-api-key' },
  { issuer: 'JFrog', prefixes: ['cmVmdGtu', 'cmVmd'], body: '[A-Za-z0-9]{40,}', source: 'gitleaks: artifactory-reference-token' },
  { issuer: 'CircleCI', prefixes: ['CCIPAT_', 'CCIPRJ_'], source: 'trufflehog: circleci/v2' },
  { issuer: 'Buildkite', prefixes: ['bkua_'], body: HEX, source: 'trufflehog: buildkite/v2' },
  { issuer: 'SonarQube', prefixes: ['squ_', 'sqp_', 'sqa_'], body: HEX, source: 'gitleaks: sonar-api-token' },
  { issuer: 'Sourcegraph', prefixes: ['sgp_'], body: '(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{20,}', source: 'gitleaks: sourcegraph-access-token' },
  { issuer: 'Postman', prefixes: ['PMAK-'], source: 'gitleaks: postman-api-token' },
  { issuer: 'Octopus Deploy', prefixes: ['API-'], body: '[A-Z0-9]{26}', source: 'gitleaks: octopus-deploy-api-key' },
  { issuer: 'Prefect', prefixes: ['pnu_'], body: SOLID, source: 'gitleaks: prefect-api-token' },
  { issuer: 'Infracost', prefixes: ['ico-'], body: '[A-Za-z0-9]{32}', source: 'gitleaks: infracost-api-token' },
  { issuer: 'ReadMe', prefixes: ['rdme_'], body: SOLID, source: 'gitleaks: readme-api-token' },
  { issuer: 'LaunchDarkly', prefixes: ['api-', 'sdk-', 'mob-'], body: '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}', source: 'trufflehog: launchdarkly' },
  { issuer: 'Harness', prefixes: ['pat.', 'sat.'], body: '[\\w-]{22}\\.[a-zA-Z0-9]{24}\\.[a-zA-Z0-9]{20}', source: 'gitleaks: harness-api-key' },

  // Clouds and their parts
  { issuer: 'Amazon', prefixes: ['AKIA', 'ASIA', 'ABIA', 'ACCA', 'A3T'], body: '[A-Z0-9]{12,}', source: 'gitleaks: aws-access-token' },
  { issuer: 'Amazon Bedrock', prefixes: ['ABSK'], body: '[A-Za-z0-9+/]{40,}={0,2}', source: 'gitleaks: aws-amazon-bedrock-api-key-long-lived' },
  { issuer: 'Amazon Bedrock', prefixes: ['bedrock-api-key-'], body: '[\\w+/=-]{16,}', source: 'gitleaks: aws-amazon-bedrock-api-key-short-lived' },
  { issuer: 'Google', prefixes: ['AIza'], body: '[\\w-]{30,}', source: 'gitleaks: gcp-api-key' },
  { issuer: 'Google', prefixes: ['ya29.'], source: 'trufflehog: googleoauth2' },
  { issuer: 'Google', prefixes: ['GOCSPX-'], source: 'https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns, google_oauth_client_secret' },
  { issuer: 'Alibaba', prefixes: ['LTAI'], body: '[A-Za-z0-9]{16,}', source: 'gitleaks: alibaba-access-key-id' },
  { issuer: 'DigitalOcean', prefixes: ['dop_v1_', 'doo_v1_', 'dor_v1_'], source: 'gitleaks: digitalocean-pat, digitalocean-access-token, digitalocean-refresh-token' },
  { issuer: 'Heroku', prefixes: ['HRKU-'], source: 'gitleaks: heroku-api-key-v2' },
  { issuer: 'Fly.io', prefixes: ['fo1_', 'fm1a_', 'fm1r_', 'fm2_'], body: '[\\w+/=-]{16,}', source: 'gitleaks: flyio-access-token' },
  { issuer: 'Netlify', prefixes: ['nfp_'], body: SOLID, source: 'trufflehog: netlify/v2' },
  { issuer: 'Deno Deploy', prefixes: ['ddp_', 'ddw_'], body: SOLID, source: 'trufflehog: deno' },
  { issuer: 'Cloudflare', prefixes: ['cfut_', 'cfat_', 'cfk_'], body: SOLID, source: 'trufflehog: cloudflareapitoken/v2, cloudflareglobalapikey/v2' },
  { issuer: 'Cloudflare', prefixes: ['v1.0-'], body: '[0-9a-f]{24}-[0-9a-f]{40,}', source: 'gitleaks: cloudflare-origin-ca-key' },
  { issuer: 'Databricks', prefixes: ['dapi'], body: '[0-9a-f]{16,}(?:-\\d)?', source: 'gitleaks: databricks-api-token' },
  { issuer: 'PlanetScale', prefixes: ['pscale_tkn_', 'pscale_oauth_', 'pscale_pw_'], body: '[\\w=.-]{10,}', source: 'gitleaks: planetscale-api-token, planetscale-oauth-token, planetscale-password' },
  { issuer: 'Supabase', prefixes: ['sbp_', 'sb_secret_'], body: SOLID, source: 'trufflehog: supabasetoken; https://supabase.com/docs/guides/api/api-keys' },
  { issuer: 'ClickHouse', prefixes: ['4b1d'], body: '[A-Za-z0-9]{38}(?![A-Za-z0-9])', source: 'gitleaks: clickhouse-cloud-api-secret-key' },
  { issuer: 'OpenShift', prefixes: ['sha256~'], body: '[\\w-]{20,}', source: 'gitleaks: openshift-user-token' },
  { issuer: 'Scalingo', prefixes: ['tk-us-'], body: '[\\w-]{30,}', source: 'gitleaks: scalingo-api-token' },

  // Secrets, identity, infrastructure
  { issuer: 'HashiCorp Vault', prefixes: ['hvs.', 'hvb.', 'hvr.'], source: 'gitleaks: vault-service-token, vault-batch-token' },
  { issuer: 'HashiCorp Vault', prefixes: ['s.'], body: '(?=[A-Za-z]*\\d)[A-Za-z0-9]{24}(?![\\w.(])', source: 'gitleaks: vault-service-token' },
  { issuer: 'Doppler', prefixes: ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'], body: '[\\w.-]{10,}', source: 'trufflehog: doppler' },
  { issuer: '1Password', prefixes: ['ops_eyJ'], body: '[\\w+/=-]{10,}', source: 'gitleaks: 1password-service-account-token' },
  { issuer: '1Password', prefixes: ['A3-'], body: '[A-Z0-9]{6}-[A-Z0-9]{6,11}(?:-[A-Z0-9]{5}){3,4}', source: 'gitleaks: 1password-secret-key' },
  { issuer: 'Pulumi', prefixes: ['pul-'], body: '[a-z0-9]{32,}', source: 'gitleaks: pulumi-api-token' },
  { issuer: 'Tailscale', prefixes: ['tskey-'], source: 'trufflehog: tailscale' },
  { issuer: 'age', prefixes: ['AGE-SECRET-KEY-1'], body: '[A-Za-z0-9]{10,}', source: 'gitleaks: age-secret-key' },
  { issuer: 'Okta', prefixes: ['00'], body: '(?<![\\w-]..)(?=[\\w-]{40}(?![\\w-]))(?=[\\w-]*[a-z])(?=[\\w-]*[A-Z])[\\w-]{40}', source: 'trufflehog: okta' },
  { issuer: 'Authress', prefixes: ['sc_', 'ext_', 'scauth_', 'authress_'], body: '[A-Za-z0-9]{5,30}\\.[A-Za-z0-9]{4,6}\\.acc[_-][\\w-]{10,}\\.[\\w+/=-]{30,}', source: 'gitleaks: authress-service-client-access-key' },
  { issuer: 'CAS', prefixes: ['ST-', 'PT-', 'TGT-', 'PGT-', 'PGTIOU-', 'LT-'], body: '\\d+-[\\w.-]{16,}', source: 'https://apereo.github.io/cas/development/protocol/CAS-Protocol-Specification.html, 3' },

  // Language models
  { issuer: 'OpenAI, Anthropic, OpenRouter', prefixes: ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-service-', 'sk-None-', 'sk-ant-', 'sk-or-', 'sk-lf-'], source: 'gitleaks: openai-api-key, anthropic-api-key, anthropic-admin-api-key; trufflehog: openai, openrouter' },
  { issuer: 'OpenAI and who writes keys alike', prefixes: ['sk-'], body: '(?<!-sk-)(?:\\w{1,16}-){0,2}(?=[A-Za-z_]*\\d|\\w{32})\\w{20,}', source: 'gitleaks: openai-api-key' },
  { issuer: 'Hugging Face', prefixes: ['hf_', 'api_org_'], body: SOLID, source: 'gitleaks: huggingface-access-token, huggingface-organization-api-token' },
  { issuer: 'Groq', prefixes: ['gsk_'], body: SOLID, source: 'trufflehog: groq' },
  { issuer: 'xAI', prefixes: ['xai-'], body: '[A-Za-z0-9_]{20,}', source: 'trufflehog: xai' },
  { issuer: 'NVIDIA', prefixes: ['nvapi-'], body: MIXED, source: 'trufflehog: nvapi' },
  { issuer: 'Perplexity', prefixes: ['pplx-'], body: '[A-Za-z0-9]{20,}', source: 'gitleaks: perplexity-api-key' },
  { issuer: 'Replicate', prefixes: ['r8_'], body: MIXED, source: 'trufflehog: replicate' },
  { issuer: 'LangSmith', prefixes: ['lsv2_pt_', 'lsv2_sk_'], source: 'trufflehog: langsmith' },
  { issuer: 'Pinecone', prefixes: ['pcsk_'], source: 'trufflehog: pinecone' },
  { issuer: 'Salad Cloud', prefixes: ['salad_cloud_'], source: 'trufflehog: saladcloudapikey' },

  // Messages and mail
  { issuer: 'Slack', prefixes: ['xoxa-', 'xoxb-', 'xoxc-', 'xoxd-', 'xoxe-', 'xoxe.', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-', 'xwfp-'], body: '[\\w.%-]{10,}', source: 'gitleaks: slack-*' },
  { issuer: 'Slack', prefixes: ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'], body: '[\\w/+-]+', keepsPrefix: true, source: 'gitleaks: slack-webhook-url' },
  { issuer: 'Slack', prefixes: ['hooks.slack-gov.com/services/', 'hooks.slack-gov.com/workflows/', 'hooks.slack-gov.com/triggers/'], body: '[\\w/+-]+', keepsPrefix: true, source: 'https://docs.slack.dev/tools/govslack/' },
  { issuer: 'Discord', prefixes: ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'], body: '[\\w/-]+', keepsPrefix: true, source: 'trufflehog: discordwebhook' },
  { issuer: 'Microsoft Teams', prefixes: ['webhook.office.com/webhookb2/'], body: '[\\w@/-]+', keepsPrefix: true, source: 'gitleaks: microsoft-teams-webhook' },
  { issuer: 'Zapier', prefixes: ['hooks.zapier.com/hooks/catch/'], body: '[\\w/-]+', keepsPrefix: true, source: 'trufflehog: zapierwebhook' },
  { issuer: 'Twilio', prefixes: ['SK'], body: '[0-9a-fA-F]{32}(?![0-9a-zA-Z])', source: 'gitleaks: twilio-api-key' },
  { issuer: 'SendGrid', prefixes: ['SG.'], body: '[\\w=-]{10,}(?:\\.[\\w=-]*)?', source: 'gitleaks: sendgrid-api-token' },
  { issuer: 'Mailgun', prefixes: ['key-'], body: '[0-9a-z]{32}', source: 'trufflehog: mailgun' },
  { issuer: 'Brevo', prefixes: ['xkeysib-', 'xsmtpsib-'], source: 'gitleaks: sendinblue-api-token' },

  // Money and shops
  { issuer: 'Stripe', prefixes: ['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_', 'whsec_'], source: 'gitleaks: stripe-access-token; https://docs.stripe.com/webhooks' },
  { issuer: 'Square', prefixes: ['EAAA'], body: '[\\w+=-]{22,}', source: 'gitleaks: square-access-token' },
  { issuer: 'Square', prefixes: ['sq0atp-', 'sq0csp-', 'sq0idp-', 'sq0ids-'], source: 'trufflehog: squareapp' },
  { issuer: 'Braintree', prefixes: ['access_token$production$', 'access_token$sandbox$'], body: '[0-9a-z$]{10,}', source: 'https://github.com/dxa4481/truffleHogRegexes, PayPal Braintree Access Token' },
  { issuer: 'Shopify', prefixes: ['shpat_', 'shpca_', 'shppa_', 'shpss_', 'shpua_', 'shptka_', 'shltm_'], source: 'gitleaks: shopify-*; trufflehog: shopify, shopifyoauth' },
  { issuer: 'Shippo', prefixes: ['shippo_live_', 'shippo_test_'], body: HEX, source: 'gitleaks: shippo-api-token' },
  { issuer: 'EasyPost', prefixes: ['EZAK', 'EZTK'], body: '[A-Za-z0-9]{40,}', source: 'gitleaks: easypost-api-token' },
  { issuer: 'Duffel', prefixes: ['duffel_live_', 'duffel_test_'], source: 'gitleaks: duffel-api-token' },
  { issuer: 'Flutterwave', prefixes: ['FLWSECK-', 'FLWSECK_TEST-'], source: 'gitleaks: flutterwave-secret-key; trufflehog: flutterwave' },
  { issuer: 'Razorpay', prefixes: ['rzp_live_', 'rzp_test_'], source: 'trufflehog: razorpay' },
  { issuer: 'Facebook', prefixes: ['EAAM', 'EAAC'], body: '[A-Za-z0-9]{60,}', source: 'gitleaks: facebook-page-access-token' },

  // Work and data
  { issuer: 'Linear', prefixes: ['lin_api_', 'lin_oauth_'], source: 'gitleaks: linear-api-key; https://linear.app/developers/oauth-2-0-authentication' },
  { issuer: 'Notion', prefixes: ['ntn_'], body: SOLID, source: 'gitleaks: notion-api-token' },
  { issuer: 'Notion', prefixes: ['secret_'], body: '[A-Za-z0-9]{40,}', source: 'trufflehog: notion' },
  { issuer: 'Airtable', prefixes: ['pat'], body: '[A-Za-z0-9]{14}\\.[0-9a-f]{20,}', source: 'gitleaks: airtable-personnal-access-token' },
  { issuer: 'Figma', prefixes: ['figd_', 'figu_', 'figo_', 'figp_', 'figur_', 'figuh_', 'figor_', 'figoh_'], source: 'trufflehog: figmapersonalaccesstoken' },
  { issuer: 'Frame.io', prefixes: ['fio-u-'], body: '[\\w=-]{20,}', source: 'gitleaks: frameio-api-token' },
  { issuer: 'Dropbox', prefixes: ['sl.u.', 'sl.'], body: '[\\w-]{60,}', source: 'trufflehog: dropbox' },
  { issuer: 'Typeform', prefixes: ['tfp_'], body: MIXED, source: 'trufflehog: typeform/v2' },
  { issuer: 'Contentful', prefixes: ['CFPAT-'], source: 'trufflehog: contentfulpersonalaccesstoken' },
  { issuer: 'HubSpot', prefixes: ['pat-na1-', 'pat-na2-', 'pat-eu1-', 'pat-ap1-'], source: 'trufflehog: hubspot_apikey' },
  { issuer: 'Apify', prefixes: ['apify_api_'], source: 'trufflehog: apify' },
  { issuer: 'Salesforce', prefixes: ['5AEP861'], body: '[\\w.=]{20,}', source: 'trufflehog: salesforcerefreshtoken' },
  { issuer: 'Adobe', prefixes: ['p8e-'], body: '[A-Za-z0-9]{32}', source: 'gitleaks: adobe-client-secret' },
  { issuer: 'Adafruit', prefixes: ['aio_'], body: SOLID, source: 'trufflehog: adafruitio' },
  { issuer: 'SettleMint', prefixes: ['sm_aat_', 'sm_pat_', 'sm_sat_'], source: 'gitleaks: settlemint-*' },
  { issuer: '42', prefixes: ['s-s4t2ud-', 's-s4t2af-', 'u-s4t2ud-', 'u-s4t2af-'], body: HEX, source: 'gitleaks: intra42-client-secret' },

  // Monitoring
  { issuer: 'Grafana', prefixes: ['glsa_'], body: '[\\w]{10,}', source: 'gitleaks: grafana-service-account-token' },
  { issuer: 'Grafana', prefixes: ['glc_'], body: '[A-Za-z0-9+/]{20,}={0,3}', source: 'gitleaks: grafana-cloud-api-token' },
  { issuer: 'Sentry', prefixes: ['sntrys_', 'sntryu_'], body: '[\\w+/=-]{10,}', source: 'gitleaks: sentry-org-token, sentry-user-token' },
  { issuer: 'New Relic', prefixes: ['NRAK-', 'NRII-', 'NRIQ-', 'NRBR-', 'NRJS-'], source: 'trufflehog: newrelicuserkey, newrelicinsightsquerykey, newrelicinsightsinsertkey, newrelicpersonalapikey; gitleaks: new-relic-*' },
  { issuer: 'Dynatrace', prefixes: ['dt0c01.', 'dt0s01.', 'dt0s16.'], body: '[\\w.]{10,}', source: 'gitleaks: dynatrace-api-token' },
  { issuer: 'PostHog', prefixes: ['phx_'], body: SOLID, source: 'trufflehog: posthog' },
  { issuer: 'Rootly', prefixes: ['rootly_'], body: HEX, source: 'trufflehog: rootly' },
];

/** Tokens without a prefix of their own. */
// biome-ignore format: a table
export const TOKEN_SHAPES: readonly TokenShape[] = [
  { issuer: 'Azure', anchor: 'Q~', pattern: '(?<![\\w~.-])[\\w~.-]{3}\\dQ~[\\w~.-]{20,}', source: 'gitleaks: azure-ad-client-secret' },
  { issuer: 'Azure Storage', anchor: '==', pattern: '(?<=(?<![A-Za-z0-9+])([A-Za-z0-9+/]{86}))==', source: 'trufflehog: azure_storage' },
  { issuer: 'Terraform', anchor: '.atlasv1.', pattern: '(?<![A-Za-z0-9])[A-Za-z0-9]{14}\\.atlasv1\\.[\\w=-]{10,}', source: 'gitleaks: hashicorp-tf-api-token' },
  { issuer: 'Telegram', anchor: ':AA', pattern: '(?<!\\d)\\d{8,10}:AA[\\w-]{30,}', source: 'trufflehog: telegrambottoken' },
  { issuer: 'Discord', anchor: '.', pattern: '(?<![\\w.-])[MNO][\\w-]{23,27}\\.[\\w-]{6}\\.[\\w-]{27,}', source: 'trufflehog: discordbottoken; https://docs.discord.com/developers/reference#authentication' },
  { issuer: 'MaxMind', anchor: '_mmk', pattern: '(?<![A-Za-z0-9])[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk', source: 'gitleaks: maxmind-license-key' },
  { issuer: 'New Relic', anchor: 'NRAL', pattern: '(?<![0-9A-Za-z])(?:[0-9a-f]{32}|eu01xx[0-9a-f]{26})(?:FFFF)?NRAL', source: 'trufflehog: newreliclicensekey' },
];
