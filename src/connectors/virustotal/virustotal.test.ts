import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import virustotal from './index.ts'

testActionConnector(virustotal, new URL('./fixtures/', import.meta.url))
