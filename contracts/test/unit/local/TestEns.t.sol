// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestEns} from "../../../src/local/TestEns.sol";
import {TestEnsNameWrapper} from "../../../src/local/TestEnsNameWrapper.sol";
import {TestEnsRegistrar} from "../../../src/local/TestEnsRegistrar.sol";
import {TestEnsRegistry} from "../../../src/local/TestEnsRegistry.sol";
import {TestEnsResolver} from "../../../src/local/TestEnsResolver.sol";
import {TestEnsReverseRegistrar} from "../../../src/local/TestEnsReverseRegistrar.sol";
import {vm} from "../../support/Vm.sol";

contract TestEnsTest {
    uint256 private constant START = 1_800_000_000;
    uint256 private constant YEAR = 365 days;
    uint32 private constant FUSE = 1 << 16;

    address private holder = address(0xf16);
    address private other = address(0x07e4);
    TestEns private ens;
    TestEnsRegistry private registry;
    TestEnsRegistrar private registrar;
    TestEnsNameWrapper private wrapper;
    TestEnsResolver private resolver;
    bytes32 private base;

    function setUp() public {
        vm.warp(START);
        ens = new TestEns(holder);
        ens.open();
        (registry, registrar) = (ens.registry(), ens.registrar());
        (wrapper, resolver) = (ens.wrapper(), ens.resolver());
        base = registrar.baseNode();
    }

    function test_open_reverts_when_open() public {
        vm.expectRevert(TestEns.AlreadyOpen.selector);
        ens.open();
    }

    function test_open_registers_names_of_the_holder_when_called() public view {
        bytes32 node = _node("figandolive");
        vm.assertEq(registry.owner(node), holder, "owner");
        vm.assertEq(registry.resolver(node), address(resolver), "resolver");
        vm.assertEq(resolver.addr(node), holder, "address");
        vm.assertEq(registrar.ownerOf(_id("figandolive")), holder, "holder");
    }

    function test_open_leaves_a_name_in_grace_when_called() public {
        vm.assertTrue(!registrar.available(_id("graced")), "not free");
        vm.expectRevert(abi.encodeWithSelector(TestEnsRegistrar.Expired.selector, _id("graced")));
        registrar.ownerOf(_id("graced"));
    }

    function test_open_leaves_a_free_name_resolving_when_called() public view {
        vm.assertTrue(registrar.available(_id("lapsed")), "free");
        vm.assertEq(resolver.addr(_node("lapsed")), holder, "resolves");
    }

    function test_register_gives_the_name_when_paid() public {
        _register("maltese", other, YEAR);
        vm.assertEq(registry.owner(_node("maltese")), other, "owner");
        vm.assertEq(registrar.nameExpires(_id("maltese")), START + YEAR, "expires");
    }

    function test_register_reverts_when_name_is_held() public {
        vm.expectRevert(abi.encodeWithSelector(TestEnsRegistrar.NotAvailable.selector, "figandolive"));
        registrar.register("figandolive", other, YEAR);
    }

    function test_register_reverts_when_name_is_in_grace() public {
        vm.expectRevert(abi.encodeWithSelector(TestEnsRegistrar.NotAvailable.selector, "graced"));
        registrar.register("graced", other, YEAR);
    }

    function test_register_reverts_when_name_is_short() public {
        vm.expectRevert(abi.encodeWithSelector(TestEnsRegistrar.TooShort.selector, unicode"éé"));
        registrar.register(unicode"éé", other, YEAR);
    }

    function test_register_reverts_when_price_is_wrong() public {
        uint256 price = registrar.rentPrice("maltese", YEAR).base;
        vm.expectRevert(abi.encodeWithSelector(TestEnsRegistrar.WrongPrice.selector, price, 0));
        registrar.register("maltese", other, YEAR);
    }

    function test_rentPrice_is_higher_when_name_is_short() public view {
        vm.assertEq(registrar.rentPrice("fig", YEAR).base, 64 * registrar.PRICE_A_YEAR(), "three");
        vm.assertEq(registrar.rentPrice("figs", YEAR).base, 16 * registrar.PRICE_A_YEAR(), "four");
        vm.assertEq(registrar.rentPrice("figgy", YEAR).base, registrar.PRICE_A_YEAR(), "five");
    }

    function test_renew_prolongs_the_name_when_in_grace() public {
        uint256 price = registrar.rentPrice("graced", YEAR).base;
        registrar.renew{value: price}("graced", YEAR);
        vm.assertEq(registrar.ownerOf(_id("graced")), holder, "held again");
    }

    function test_renew_reverts_when_name_is_free() public {
        vm.expectRevert(abi.encodeWithSelector(TestEnsRegistrar.Lapsed.selector, _id("lapsed")));
        registrar.renew("lapsed", YEAR);
    }

    function test_registrar_open_reverts_when_sender_is_not_the_opener() public {
        vm.expectRevert(abi.encodeWithSelector(TestEnsRegistrar.NotOpener.selector, address(this)));
        registrar.open("maltese", other, START);
    }

    function test_transferFrom_reverts_when_sender_is_a_stranger() public {
        vm.expectRevert(abi.encodeWithSelector(TestEnsRegistrar.NotHolder.selector, _id("figandolive"), address(this)));
        registrar.transferFrom(holder, other, _id("figandolive"));
    }

    function test_setOwner_reverts_when_sender_is_not_the_owner() public {
        bytes32 node = _node("figandolive");
        vm.expectRevert(abi.encodeWithSelector(TestEnsRegistry.NotOwner.selector, node, address(this)));
        registry.setOwner(node, other);
    }

    function test_setAddr_points_the_name_elsewhere_when_sender_owns_it() public {
        vm.prank(holder);
        resolver.setAddr(_node("figandolive"), other);
        vm.assertEq(resolver.addr(_node("figandolive")), other, "address");
    }

    function test_setText_takes_the_owner_of_a_wrapped_name_when_asked() public {
        vm.prank(holder);
        resolver.setText(_node("wrapped-fig"), "url", "https://fig.example");
        vm.assertEq(resolver.text(_node("wrapped-fig"), "url"), "https://fig.example", "text");
    }

    function test_setContenthash_reverts_when_sender_is_a_stranger() public {
        bytes32 node = _node("figandolive");
        vm.expectRevert(abi.encodeWithSelector(TestEnsResolver.NotAuthorised.selector, node, address(this)));
        resolver.setContenthash(node, hex"e301");
    }

    function test_wrapped_name_is_owned_by_the_wrapper_when_the_registry_is_asked() public view {
        bytes32 node = _node("wrapped-fig");
        vm.assertEq(registry.owner(node), address(wrapper), "registry");
        vm.assertEq(wrapper.ownerOf(uint256(node)), holder, "wrapper");
    }

    function test_subname_loses_its_owner_when_expired_and_out_of_the_parents_reach() public {
        bytes32 node = _subname(FUSE, uint64(START + 60));
        vm.assertEq(wrapper.ownerOf(uint256(node)), other, "before");
        vm.warp(START + 61);
        vm.assertEq(wrapper.ownerOf(uint256(node)), address(0), "after");
    }

    function test_subname_keeps_its_owner_when_expired_and_within_the_parents_reach() public {
        bytes32 node = _subname(0, uint64(START + 60));
        vm.warp(START + 61);
        vm.assertEq(wrapper.ownerOf(uint256(node)), other, "owner");
    }

    function test_setSubnodeOwner_reverts_when_the_subname_is_out_of_reach() public {
        bytes32 node = _subname(FUSE, uint64(START + 60));
        bytes32 parent = _node("wrapped-fig");
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(TestEnsNameWrapper.OutOfReach.selector, node));
        wrapper.setSubnodeOwner(parent, "shop", holder, 0, uint64(START + 60));
    }

    function test_setName_claims_any_name_when_called_by_anybody() public {
        TestEnsReverseRegistrar reverse = ens.reverseRegistrar();
        vm.prank(other);
        bytes32 node = reverse.setName("figandolive.eth");
        vm.assertEq(resolver.name(node), "figandolive.eth", "claim");
        vm.assertEq(registry.owner(node), other, "owner");
    }

    function _register(string memory label, address who, uint256 duration) private {
        registrar.register{value: registrar.rentPrice(label, duration).base}(label, who, duration);
    }

    function _subname(uint32 fuses, uint64 expiry) private returns (bytes32) {
        vm.prank(holder);
        return wrapper.setSubnodeOwner(_node("wrapped-fig"), "shop", other, fuses, expiry);
    }

    function _node(string memory label) private view returns (bytes32) {
        return keccak256(abi.encodePacked(base, bytes32(_id(label))));
    }

    function _id(string memory label) private pure returns (uint256) {
        return uint256(keccak256(bytes(label)));
    }
}
