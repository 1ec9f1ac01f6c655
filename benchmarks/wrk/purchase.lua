-- The one request script for every subject, so that the generator's cost a request is the same for all.
--
-- Arguments after `--`: PATH KEY_HEADER START SUFFIX MODE
--   KEY_HEADER  the header that carries the key; a subject without keys gets a header of the same length
--   START       where the walk over the 32-bit keys starts
--   SUFFIX      the rest of the key, different in every run, so that no key is ever used twice
--   MODE        `census` also counts the statuses (that slows the generator: never in a measured run)
--
-- Each request has its own key and its own buyer. A full-period generator walks over the keys, so they are
-- distinct, and consecutive ones are far apart: an index is hit at random places, which is its worst case.

local hex = {}
for i = 0, 65535 do hex[i] = string.format("%04x", i) end

local floor = math.floor
local state, head, middle, tail
local threads = {}

counts = {}

function setup(thread)
  threads[#threads + 1] = thread
end

local function count(status)
  counts[status] = (counts[status] or 0) + 1
end

function init(args)
  local path, key_header, suffix = args[1], args[2], args[4]
  state = tonumber(args[3])
  tail = suffix .. '","quantity":1}'
  local size = #'{"buyer":"' + 8 + #tail
  middle = suffix .. '\r\n\r\n{"buyer":"'
  head = table.concat({
    "POST " .. path .. " HTTP/1.1",
    "Host: " .. wrk.host .. ":" .. wrk.port,
    "Content-Type: application/json",
    "Content-Length: " .. size,
    key_header .. ": ",
  }, "\r\n")
  if args[5] == "census" then response = count end
end

function request()
  state = (state * 1664525 + 1013904223) % 4294967296 -- below 2^53, so exact in a double
  local high = floor(state / 65536)
  local a, b = hex[high], hex[state - high * 65536]
  return head .. a .. b .. middle .. a .. b .. tail
end

function done()
  for _, thread in ipairs(threads) do
    for status, number in pairs(thread:get("counts")) do
      io.write(string.format("Status %d: %d\n", status, number))
    end
  end
end
