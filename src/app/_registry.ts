// Generated from the folders of src/connectors by `npm run gen`. Do not edit.
import apache from '../connectors/apache/index.ts'
import bind from '../connectors/bind/index.ts'
import haproxy from '../connectors/haproxy/index.ts'
import nftables from '../connectors/nftables/index.ts'
import nginx from '../connectors/nginx/index.ts'
import rbl from '../connectors/rbl/index.ts'
import rbldnsd from '../connectors/rbldnsd/index.ts'
import webhook from '../connectors/webhook/index.ts'

export const CONNECTORS = [apache, bind, haproxy, nftables, nginx, rbl, rbldnsd, webhook] as const
