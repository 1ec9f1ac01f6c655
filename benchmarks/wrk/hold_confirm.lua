-- The request script of buyers who take a hold and then confirm it. Its arguments and its walk over the keys are
-- those of purchase.lua; PATH is where holds are taken.
--
-- It has to look at the answers, for only they say which id a hold has got. That slows the generator (wrk copies
-- every header for it), so a no-op is measured under this script, too. Since it looks anyway, it always counts the
-- statuses, whatever MODE says.
--
-- A request confirms the hold that has waited longest; where none waits, it takes one. So both are as many, but for
-- the holds whose answers are under way at the end.

local hex = {}
for i = 0, 65535 do hex[i] = string.format("%04x", i) end

local floor, find, sub = math.floor, string.find, string.sub
local ID_LENGTH = 36
local BEFORE_ID = '"hold_id":"'

local state, suffix
local take_head, take_middle, take_tail
local confirm_path, confirm_head, confirm_middle
local waiting, first, last = {}, 1, 0
local threads = {}

counts = {}

function setup(thread)
  threads[#threads + 1] = thread
end

local function headers(key_header, size)
  return table.concat({
    " HTTP/1.1",
    "Host: " .. wrk.host .. ":" .. wrk.port,
    "Content-Type: application/json",
    "Content-Length: " .. size,
    key_header .. ": ",
  }, "\r\n")
end

function init(args)
  local path, key_header = args[1], args[2]
  state, suffix = tonumber(args[3]), args[4]
  local key_length = 8 + #suffix

  take_tail = suffix .. '","quantity":1}'
  take_middle = suffix .. '\r\n\r\n{"buyer":"'
  take_head = "POST " .. path .. headers(key_header, #'{"buyer":""' + key_length + #',"quantity":1}')

  confirm_path = "POST /v1/holds/"
  confirm_head = "/confirm" .. headers(key_header, #'{"payment_ref":""}' + key_length)
  confirm_middle = suffix .. '\r\n\r\n{"payment_ref":"'
end

function request()
  state = (state * 1664525 + 1013904223) % 4294967296
  local high = floor(state / 65536)
  local a, b = hex[high], hex[state - high * 65536]
  if first > last then
    return take_head .. a .. b .. take_middle .. a .. b .. take_tail
  end
  local id = waiting[first]
  waiting[first] = nil
  first = first + 1
  return confirm_path .. id .. confirm_head .. a .. b .. confirm_middle .. a .. b .. suffix .. '"}'
end

function response(status, _, body)
  counts[status] = (counts[status] or 0) + 1
  if status ~= 201 then return end
  local _, before = find(body, BEFORE_ID, 1, true)
  last = last + 1
  waiting[last] = sub(body, before + 1, before + ID_LENGTH)
end

function done()
  for _, thread in ipairs(threads) do
    for status, number in pairs(thread:get("counts")) do
      io.write(string.format("Status %d: %d\n", status, number))
    end
  end
end
