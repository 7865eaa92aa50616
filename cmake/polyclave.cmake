# SPDX-License-Identifier: Apache-2.0
# Flags that every target has, and the three shapes of target: library, program, test.

find_package(PkgConfig REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_library(pc_flags INTERFACE)
target_include_directories(pc_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_options(pc_flags INTERFACE
    -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Wwrite-strings -Wundef -fno-common -fstack-protector-strong)
target_compile_definitions(pc_flags INTERFACE _GNU_SOURCE)
if(PC_WERROR)
    target_compile_options(pc_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(pc_flags INTERFACE -D_FORTIFY_SOURCE=2 -fPIE
        -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=./build)
    target_link_options(pc_flags INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
endif()
if(PC_SANITIZE)
    target_compile_options(pc_flags INTERFACE -fsanitize=${PC_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    target_link_options(pc_flags INTERFACE -fsanitize=${PC_SANITIZE})
endif()
if(PC_FUZZ)
    # Libraries are instrumented for coverage; only the harnesses link libFuzzer's main.
    target_compile_options(pc_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(pc_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# pc_library(NAME SOURCES ... LINKS ...): a static library of this folder.
function(pc_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${name} PUBLIC pc_flags ${ARG_LINKS})
endfunction()

# pc_program(NAME SOURCES ... LINKS ...): lands in ${build}/bin.
function(pc_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_options(${name} PRIVATE -pie)
    target_link_libraries(${name} PRIVATE pc_flags ${ARG_LINKS})
endfunction()

# pc_test(NAME SOURCES ... LINKS ... [LABELS ...] [TIMEOUT seconds]): a cmocka program run by CTest.
# Exit code 77 is CTest's SKIP; tests see PC_VECTORS, the folder of vendor and RFC vectors (it may be absent).
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
set(PC_VECTORS "${CMAKE_SOURCE_DIR}/../shared/vectors" CACHE PATH "folder of test vectors")
function(pc_test name)
    cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_compile_definitions(${name} PRIVATE PC_VECTORS="${PC_VECTORS}"
        PC_SOURCE_DIR="${CMAKE_SOURCE_DIR}" PC_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
    target_link_libraries(${name} PRIVATE pc_flags ${ARG_LINKS} PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND ${name})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 300)
    endif()
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${ARG_TIMEOUT}
        LABELS "${ARG_LABELS}")
endfunction()

# pc_fuzzer(NAME SOURCES ... LINKS ...): libFuzzer harness in ${build}/fuzz; its corpus is
# tests/fuzz/corpus/NAME. Without PC_FUZZ the harness is not built.
function(pc_fuzzer name)
    if(NOT PC_FUZZ)
        return()
    endif()
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${name} PRIVATE pc_flags ${ARG_LINKS})
endfunction()
