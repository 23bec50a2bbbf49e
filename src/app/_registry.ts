// Generated from the folders of src/connectors by `npm run gen`. Do not edit.
import abuseipdb from '../connectors/abuseipdb/index.ts'
import apache from '../connectors/apache/index.ts'
import bind from '../connectors/bind/index.ts'
import greynoise from '../connectors/greynoise/index.ts'
import haproxy from '../connectors/haproxy/index.ts'
import nftables from '../connectors/nftables/index.ts'
import nginx from '../connectors/nginx/index.ts'
import qradarSoar from '../connectors/qradar-soar/index.ts'
import rbl from '../connectors/rbl/index.ts'
import rbldnsd from '../connectors/rbldnsd/index.ts'
import slack from '../connectors/slack/index.ts'
import splunkSoar from '../connectors/splunk-soar/index.ts'
import thehive from '../connectors/thehive/index.ts'
import virustotal from '../connectors/virustotal/index.ts'
import webhook from '../connectors/webhook/index.ts'
import xsoar from '../connectors/xsoar/index.ts'

export const CONNECTORS = [abuseipdb, apache, bind, greynoise, haproxy, nftables, nginx, qradarSoar, rbl, rbldnsd, slack, splunkSoar, thehive, virustotal, webhook, xsoar] as const
