import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import abuseipdb from './index.ts'

testActionConnector(abuseipdb, new URL('./fixtures/', import.meta.url))
