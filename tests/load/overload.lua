-- Purchases as fast as the connections allow, each by another buyer. Counts statuses, and 503 without Retry-After.
-- Arguments after `--`: PATH

local threads, path, buyer = {}, nil, 0
counts, bare = {}, 0

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  path = args[1]
end

function request()
  buyer = buyer + 1
  local body = '{"buyer":"' .. tostring({}) .. buyer .. '"}'
  return wrk.format("POST", path, { ["Content-Type"] = "application/json" }, body)
end

function response(status, headers)
  counts[status] = (counts[status] or 0) + 1
  if status == 503 and not (headers["Retry-After"] or headers["retry-after"]) then bare = bare + 1 end
end

function done()
  for _, thread in ipairs(threads) do
    for status, number in pairs(thread:get("counts")) do
      io.write(string.format("Status %d: %d\n", status, number))
    end
    io.write(string.format("Bare %d\n", thread:get("bare")))
  end
end
