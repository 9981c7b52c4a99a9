# CPack calls this between installing and packing: Debian keeps changelogs and man pages compressed, without names
# and times, so that the same text gives the same bytes.
file(GLOB_RECURSE texts "${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/man/*.[1-8]"
     "${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/doc/*/changelog")
foreach(text ${texts})
  if(text MATCHES "/changelog$")
    file(RENAME "${text}" "${text}.Debian")
    set(text "${text}.Debian")
  endif()
  execute_process(COMMAND gzip -9n "${text}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
