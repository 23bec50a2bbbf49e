// Generated from the folders of src/connectors by `npm run gen`. Do not edit.
import abuseipdb from '../connectors/abuseipdb/index.ts'
import apache from '../connectors/apache/index.ts'
import bind from '../connectors/bind/index.ts'
import cortex from '../connectors/cortex/index.ts'
import elasticsearch from '../connectors/elasticsearch/index.ts'
import geoip from '../connectors/geoip/index.ts'
import github from '../connectors/github/index.ts'
import gitlab from '../connectors/gitlab/index.ts'
import greynoise from '../connectors/greynoise/index.ts'
import haproxy from '../connectors/haproxy/index.ts'
import jira from '../connectors/jira/index.ts'
import mail from '../connectors/mail/index.ts'
import mattermost from '../connectors/mattermost/index.ts'
import n8n from '../connectors/n8n/index.ts'
import nftables from '../connectors/nftables/index.ts'
import nginx from '../connectors/nginx/index.ts'
import ocsf from '../connectors/ocsf/index.ts'
import opsgenie from '../connectors/opsgenie/index.ts'
import pagerduty from '../connectors/pagerduty/index.ts'
import qradarSoar from '../connectors/qradar-soar/index.ts'
import rbl from '../connectors/rbl/index.ts'
import rbldnsd from '../connectors/rbldnsd/index.ts'
import servicenow from '../connectors/servicenow/index.ts'
import shuffle from '../connectors/shuffle/index.ts'
import sigma from '../connectors/sigma/index.ts'
import slack from '../connectors/slack/index.ts'
import splunk from '../connectors/splunk/index.ts'
import splunkHec from '../connectors/splunk-hec/index.ts'
import splunkSoar from '../connectors/splunk-soar/index.ts'
import stackstorm from '../connectors/stackstorm/index.ts'
import syslog from '../connectors/syslog/index.ts'
import teams from '../connectors/teams/index.ts'
import telegram from '../connectors/telegram/index.ts'
import thehive from '../connectors/thehive/index.ts'
import tines from '../connectors/tines/index.ts'
import virustotal from '../connectors/virustotal/index.ts'
import webhook from '../connectors/webhook/index.ts'
import xsoar from '../connectors/xsoar/index.ts'

export const CONNECTORS = [
  abuseipdb,
  apache,
  bind,
  cortex,
  elasticsearch,
  geoip,
  github,
  gitlab,
  greynoise,
  haproxy,
  jira,
  mail,
  mattermost,
  n8n,
  nftables,
  nginx,
  ocsf,
  opsgenie,
  pagerduty,
  qradarSoar,
  rbl,
  rbldnsd,
  servicenow,
  shuffle,
  sigma,
  slack,
  splunk,
  splunkHec,
  splunkSoar,
  stackstorm,
  syslog,
  teams,
  telegram,
  thehive,
  tines,
  virustotal,
  webhook,
  xsoar,
] as const
