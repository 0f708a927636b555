-- How windows are kept; the other scripts go on from here.
--
-- Two hashes: one of the app (KEYS[odd]), one of its user (KEYS[even]). In the app's, "windows:<category>" lists
-- what Pinterest says applies, as "limit;seconds;name limit;seconds;name". A window that is open is a field
-- "<name>;<seconds>" holding "used first ends", in milliseconds of Redis' own clock: no worker's clock counts.

local KEEP = 172800  -- seconds; what nobody asked for in two days is forgotten

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- What is used, since when and until when; nothing when it is over, or when the clock was set back behind it.
local function open(key, field)
  local kept = redis.call('HGET', key, field)
  if not kept then return end
  local used, first, ends = kept:match('^(%d+) (%d+) (%d+)$')
  if not used then return end
  used, first, ends = tonumber(used), tonumber(first), tonumber(ends)
  if now >= ends or now < first - 1000 then return end
  return used, first, ends
end

local function keep(key, field, used, first, ends)
  redis.call('HSET', key, field, string.format('%.0f %.0f %.0f', used, first, ends))
  redis.call('EXPIRE', key, KEEP)
end

-- "…_app_id" is counted for all users of the app, "…_app_id_user_id" for each.
local function place(app, user, name)
  return name:match('_app_id$') and app or user
end

-- limit, seconds, name, key, field of each window that applies to a category.
local function each(app, user, category, default)
  local list = redis.call('HGET', app, 'windows:' .. category) or default
  local entries = list:gmatch('(%d+);(%d+);([%w_]+)')
  return function()
    local limit, seconds, name = entries()
    if not limit then return end
    -- At least one call a window: with none, nobody would ever learn that the limit has changed.
    return math.max(1, tonumber(limit)), tonumber(seconds), name, place(app, user, name), name .. ';' .. seconds
  end
end
