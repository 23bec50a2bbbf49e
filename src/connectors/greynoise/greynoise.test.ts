import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import greynoise from './index.ts'

testActionConnector(greynoise, new URL('./fixtures/', import.meta.url))
