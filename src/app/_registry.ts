// Generated from the folders of src/connectors by `npm run gen`. Do not edit.
import nftables from '../connectors/nftables/index.ts'
import rbl from '../connectors/rbl/index.ts'

export const CONNECTORS = [nftables, rbl] as const
